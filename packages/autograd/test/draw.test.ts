import { toDot, toMermaid } from '@fluxion/autograd';
import { describe, expect, test } from 'vitest';
import { constant, errorOf, leaf } from './support/helpers.js';

function graph() {
  const w = leaf([1.5, -2], 'w');
  const x = leaf([
    [1, 2],
    [3, 4],
    [5, 6],
  ]);
  const s = w.neg();
  s.mul(x).backward(
    constant([
      [1, 1],
      [1, 1],
      [1, 1],
    ]),
    { retainGraph: true },
  );
  return { y: s.mul(x.exp()).select(0, 0).add(s) };
}

describe('toDot', () => {
  test('labels carry op, shape, small values and gradients; edges point from inputs to results', () => {
    expect(toDot(graph().y)).toBe(
      [
        'digraph fluxion {',
        '  rankdir=TB;',
        '  node [fontname="Helvetica", fontsize=11];',
        '  n0 [label="w\\n[2]\\n= 1.5, -2\\ngrad -9, -12", shape=box, style="rounded,filled", fillcolor="#e8f1fb"];',
        '  n1 [label="neg\\n[2]", shape=box, style=rounded];',
        '  n2 [label="leaf\\n[3, 2]", shape=box, style="rounded,filled", fillcolor="#e8f1fb"];',
        '  n3 [label="exp\\n[3, 2]", shape=box, style=rounded];',
        '  n4 [label="mul\\n[3, 2]", shape=box, style=rounded];',
        '  n5 [label="slice\\n[1, 2]", shape=box, style=rounded];',
        '  n6 [label="reshape\\n[2]", shape=box, style=rounded];',
        '  n7 [label="add\\n[2]\\n= -5.577, 16.78", shape=box, style="rounded,filled", fillcolor="#fdf0d5"];',
        '  n0 -> n1;',
        '  n2 -> n3;',
        '  n1 -> n4;',
        '  n3 -> n4;',
        '  n4 -> n5;',
        '  n5 -> n6;',
        '  n6 -> n7;',
        '  n1 -> n7;',
        '}',
        '',
      ].join('\n'),
    );
  });

  test('a value used twice has two edges; names are escaped', () => {
    const x = leaf(2, 'the "x" \\ y');
    const text = toDot(x.mul(x));
    expect(text).toContain('label="the \\"x\\" \\\\ y\\n[]\\n= 2"');
    expect(text.match(/n0 -> n1;/g)).toHaveLength(2);
  });

  test('long graphs overflow no stack', () => {
    let y = leaf(1);
    for (let i = 0; i < 20_000; i++) y = y.neg();
    expect(toDot(y).split('\n').length).toBeGreaterThan(40_000);
  });
});

describe('toMermaid', () => {
  test('draws the same graph', () => {
    expect(toMermaid(graph().y)).toBe(
      [
        'flowchart TB',
        '  n0(["w<br/>[2]<br/>= 1.5, -2<br/>grad -9, -12"])',
        '  n1["neg<br/>[2]"]',
        '  n2(["leaf<br/>[3, 2]"])',
        '  n3["exp<br/>[3, 2]"]',
        '  n4["mul<br/>[3, 2]"]',
        '  n5["slice<br/>[1, 2]"]',
        '  n6["reshape<br/>[2]"]',
        '  n7["add<br/>[2]<br/>= -5.577, 16.78"]',
        '  n0 --> n1',
        '  n2 --> n3',
        '  n1 --> n4',
        '  n3 --> n4',
        '  n4 --> n5',
        '  n5 --> n6',
        '  n6 --> n7',
        '  n1 --> n7',
        '',
      ].join('\n'),
    );
  });

  test('escapes what Mermaid would read as markup', () => {
    expect(toMermaid(leaf(1, '<b>"w"').neg())).toContain('#lt;b#gt;#quot;w#quot;');
  });
});

describe('drawing refuses', () => {
  test.each([
    ['toDot', toDot],
    ['toMermaid', toMermaid],
  ])('%s of a tensor without graph', (name, draw) => {
    expect(errorOf(() => draw(constant([1, 2])))).toEqual({
      name: 'GraphError',
      message: `${name}: the tensor of shape [2] has no graph to draw: nothing it was made of requires a gradient.`,
    });
  });
});
