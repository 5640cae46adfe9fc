import * as autograd from '@fluxion/autograd';
import * as dataPackage from '@fluxion/data';
import * as nnPackage from '@fluxion/nn';
import * as optimPackage from '@fluxion/optim';
import * as regularizePackage from '@fluxion/regularize';
import { describe, expect, test } from 'vitest';
import * as fluxion from '../src/index.js';

describe('the umbrella', () => {
  test('has every name of autograd, and the packages above it as namespaces', () => {
    const { data, nn, optim, regularize, ...rest } = fluxion;
    expect(rest).toEqual({ ...autograd });
    expect({ ...data }).toEqual({ ...dataPackage });
    expect({ ...nn }).toEqual({ ...nnPackage });
    expect({ ...optim }).toEqual({ ...optimPackage });
    expect({ ...regularize }).toEqual({ ...regularizePackage });
  });

  test('no name of autograd is hidden by a namespace', () => {
    for (const name of ['data', 'nn', 'optim', 'regularize'])
      expect(Object.keys(autograd)).not.toContain(name);
  });
});
