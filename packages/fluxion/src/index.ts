export * from '@fluxion/autograd';
export * as data from '@fluxion/data';
export * as nn from '@fluxion/nn';
export * as optim from '@fluxion/optim';
export * as regularize from '@fluxion/regularize';
