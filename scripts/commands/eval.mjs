import { trainer } from "../trainer.mjs";

/** Measures the detector on labelled texts. */
export default function evaluate(/** @type {string[]} */ args) {
  return trainer("eval", args);
}
