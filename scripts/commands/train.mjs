import { trainer } from "../trainer.mjs";

/** Trains the detector and writes the model file. */
export default function train(/** @type {string[]} */ args) {
  return trainer("train", args);
}
