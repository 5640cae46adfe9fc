/** What Stryker loads in its processes: the test runner, and which mutants say nothing about derivatives. */
import { readFileSync, writeFileSync } from 'node:fs';
import type { NodePath } from '@babel/traverse';
import type { Ignorer } from '@stryker-mutator/api/ignore';
import {
  commonTokens,
  declareFactoryPlugin,
  declareValuePlugin,
  type Injector,
  type PluginContext,
  PluginKind,
  tokens,
} from '@stryker-mutator/api/plugin';
import {
  DryRunStatus,
  type MutantRunOptions,
  type MutantRunResult,
  MutantRunStatus,
  type TestRunner,
} from '@stryker-mutator/api/test-runner';
import { strykerPlugins as vitestPlugins } from '@stryker-mutator/vitest-runner';

/** The names that a file exports, and the last one declared at the beginning of a line before or at `line`: that of `sum` for what is in `sumOp`; '' for what is not exported. */
function namesIn(
  fileName: string,
  line: number,
): { readonly nearest: string; readonly exported: readonly string[] } {
  const text = readFileSync(fileName, 'utf8');
  const before = text.split('\n').slice(0, line).join('\n');
  const declared = Array.from(before.matchAll(/^(?:export )?(?:const|function) (\w+)/gm), match => match[1]);
  const exported = Array.from(text.matchAll(/^export (?:const|function) (\w+)/gm), match => match[1]);
  const nearest = (declared.at(-1) ?? '').replace(/Op$/, '');
  return { nearest: exported.includes(nearest) ? nearest : '', exported };
}

/** Whether the name of a test has one of the words in it. */
function about(names: readonly string[]): (id: string) => boolean {
  const pattern = new RegExp(`\\b(?:${names.join('|')})\\b`);
  return id => names.length > 0 && pattern.test(id.slice(id.indexOf('#')));
}

/** All tests by their ids, in the sandbox. */
const listed = 'tests.json';

/** Tests that each op has, by their ids. */
const perOp = /#(?:derivative of|errors of|values are|no op keeps|strided|float32|inputs stay|\S+: <v, J u>)/;

/** Ids in groups: those for which the first question holds, those of the others for which the second does, and so on; at the end the rest. */
function split(ids: readonly string[], questions: readonly ((id: string) => boolean)[]): string[][] {
  const groups: string[][] = [...questions.map(() => []), []];
  for (const id of ids) {
    const first = questions.findIndex(holds => holds(id));
    groups[first < 0 ? questions.length : first].push(id);
  }
  return groups;
}

/**
 * Stryker's runner of vitest, with the tests that are likely to fail first. A mutant that is in force while the modules load has no tests of its own in
 * Stryker's eyes and would be put through all of them, in the order in which they stand; so would a mutant of what every op uses.
 */
class NearestFirst implements TestRunner {
  private readonly inner: TestRunner;

  constructor(inner: TestRunner) {
    this.inner = inner;
  }

  capabilities(): ReturnType<TestRunner['capabilities']> {
    return this.inner.capabilities();
  }

  async init(): Promise<void> {
    await this.inner.init?.();
  }

  async dispose(): Promise<void> {
    await this.inner.dispose?.();
  }

  async dryRun(options: Parameters<TestRunner['dryRun']>[0]): ReturnType<TestRunner['dryRun']> {
    const result = await this.inner.dryRun(options);
    // One process makes the dry run; others, and those that replace one that was ended, need its tests as well.
    if (result.status === DryRunStatus.Complete)
      writeFileSync(listed, JSON.stringify(result.tests.map(t => t.id)));
    return result;
  }

  async mutantRun(options: MutantRunOptions): Promise<MutantRunResult> {
    const { nearest, exported } = namesIn(
      options.activeMutant.fileName,
      options.activeMutant.location.start.line + 1,
    );
    const all = options.testFilter ?? (JSON.parse(readFileSync(listed, 'utf8')) as string[]);
    const groups = split(all, [about(nearest === '' ? [] : [nearest]), about(exported)]);
    const [own, , others] = groups;
    // What is left are the checks of ops of other files that use this one: a long way round, taken only for what is no op by its name.
    groups[2] = own.length > 0 ? others.filter(id => !perOp.test(id)) : others;
    let tests = 0;
    for (const testFilter of groups) {
      if (testFilter.length === 0) continue;
      const result = await this.inner.mutantRun({ ...options, testFilter });
      if (result.status !== MutantRunStatus.Survived) return result;
      // The runner sees no test fail where none could begin.
      if (result.nrOfTests === 0)
        return {
          status: MutantRunStatus.Killed,
          killedBy: testFilter.slice(0, 1),
          failureMessage: 'the modules do not load',
          nrOfTests: 0,
        };
      tests += result.nrOfTests;
    }
    return { status: MutantRunStatus.Survived, nrOfTests: tests };
  }
}

createRunner.inject = tokens(commonTokens.injector);
function createRunner(injector: Injector<PluginContext>): TestRunner {
  return new NearestFirst(injector.injectFunction(vitestPlugins[0].factory));
}

/** What makes an op, or a part of one, by the name that comes first. */
const builders: ReadonlySet<string> = new Set([
  ...['elementwise', 'fusedRule', 'fusedRuleOver', 'formulaOp', 'Fused', 'lossOf', 'reducing', 'rowwise'],
]);

/** Texts for people: of errors, and the names of ops, which errors and drawings show. No derivative depends on them. */
const texts: Ignorer = {
  shouldIgnore(path: NodePath): string | undefined {
    const { parent, node } = path;
    if (
      path.isNewExpression() &&
      path.node.callee.type === 'Identifier' &&
      path.node.callee.name.endsWith('Error')
    )
      return 'the text of an error';
    const named =
      parent?.type === 'ObjectProperty' && parent.value === node && parent.key.type === 'Identifier';
    if (named && ['name', 'why'].includes((parent.key as { name: string }).name)) return 'a name for people';
    const built = parent?.type === 'CallExpression' || parent?.type === 'NewExpression' ? parent : null;
    if (
      node.type === 'StringLiteral' &&
      built?.arguments[0] === node &&
      built.callee.type === 'Identifier' &&
      builders.has(built.callee.name)
    )
      return 'a name for people';
    return undefined;
  },
} as Ignorer;

export const strykerPlugins = [
  declareFactoryPlugin(PluginKind.TestRunner, 'nearest-first', createRunner),
  declareValuePlugin(PluginKind.Ignore, 'texts', texts),
];
