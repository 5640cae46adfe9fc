import type { Reporter, TestModule } from 'vitest/node';

/**
 * Ends a vitest run with the line `N passed, N failed`. A file that cannot be loaded and an error outside of any
 * test count as one failure each; skipped tests are in neither number.
 */
export default class ClosingLine implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandledErrors: readonly unknown[]): void {
    let passed = 0;
    let failed = unhandledErrors.length;
    for (const module of modules) {
      // Errors of the file itself (an import that fails, a hook that throws) belong to no test of it.
      failed += module.errors().length;
      for (const suite of module.children.allSuites()) failed += suite.errors().length;
      for (const test of module.children.allTests()) {
        const state = test.result().state;
        if (state === 'passed') passed += 1;
        if (state === 'failed') failed += 1;
      }
    }
    // On exit, since the default reporter prints its summary after this hook.
    process.on('exit', () => console.log(`${passed} passed, ${failed} failed`));
  }
}
