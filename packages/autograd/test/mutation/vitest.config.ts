import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

const packages = new URL('../../../', import.meta.url);

/** The sources of this very copy of the repository: through node_modules a mutated copy would reach the packages it was copied from. */
const alias = readdirSync(packages).map(name => ({
  find: new RegExp(`^(@fluxion/)?${name}$`),
  replacement: fileURLToPath(new URL(`${name}/src/index.ts`, packages)),
}));

export default defineConfig({
  root: fileURLToPath(new URL('.', import.meta.url)),
  resolve: { alias },
  test: { include: ['suites.ts'], testTimeout: 60_000, reporters: ['dot'] },
});
