/**
 * Weighs penguins without a balance: body mass from species, island, sex, bill and flippers.
 *
 *     npx tsx --conditions=@fluxion/source docs/examples/penguins.ts --epochs 300 --seed 0 --lr 0.01 --batch 32
 */
