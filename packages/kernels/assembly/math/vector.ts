/**
 * The functions of a vector that compiled expressions import. They are what the loops of map.ts inline, so that an expression
 * gives the same bits as the ops one by one.
 */
import { erf } from './erf';
import { exp, expm1, sigmoid, tanh } from './exponential';
import { log, log1p } from './logarithm';
import { pow } from './pow';
import { cos, sin } from './trigonometric';

export function exp_f32x4(x: v128): v128 {
  return exp<f32>(x);
}
export function exp_f64x2(x: v128): v128 {
  return exp<f64>(x);
}
export function expm1_f32x4(x: v128): v128 {
  return expm1<f32>(x);
}
export function expm1_f64x2(x: v128): v128 {
  return expm1<f64>(x);
}
export function log_f32x4(x: v128): v128 {
  return log<f32>(x);
}
export function log_f64x2(x: v128): v128 {
  return log<f64>(x);
}
export function log1p_f32x4(x: v128): v128 {
  return log1p<f32>(x);
}
export function log1p_f64x2(x: v128): v128 {
  return log1p<f64>(x);
}
export function sin_f32x4(x: v128): v128 {
  return sin<f32>(x);
}
export function sin_f64x2(x: v128): v128 {
  return sin<f64>(x);
}
export function cos_f32x4(x: v128): v128 {
  return cos<f32>(x);
}
export function cos_f64x2(x: v128): v128 {
  return cos<f64>(x);
}
export function tanh_f32x4(x: v128): v128 {
  return tanh<f32>(x);
}
export function tanh_f64x2(x: v128): v128 {
  return tanh<f64>(x);
}
export function sigmoid_f32x4(x: v128): v128 {
  return sigmoid<f32>(x);
}
export function sigmoid_f64x2(x: v128): v128 {
  return sigmoid<f64>(x);
}
export function erf_f32x4(x: v128): v128 {
  return erf<f32>(x);
}
export function erf_f64x2(x: v128): v128 {
  return erf<f64>(x);
}
export function pow_f32x4(x: v128, y: v128): v128 {
  return pow<f32>(x, y);
}
export function pow_f64x2(x: v128, y: v128): v128 {
  return pow<f64>(x, y);
}
