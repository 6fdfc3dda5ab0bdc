import type { Opinion as Found } from "../../api";
import { moment } from "../../time";
import { dollars } from "../../units";
import { percent, providerName } from "./words";

/** What somebody else said of the text, or why nobody did: on its own, since neither verdict knows of the other. */
export function Opinion({ opinion }: { opinion: Found }) {
  return (
    <section className="opinion" aria-labelledby="opinion" data-status={opinion.status}>
      <p className="overline">Second opinion, from outside of this service</p>
      <Words opinion={opinion} />
    </section>
  );
}

function Words({ opinion }: { opinion: Found }) {
  switch (opinion.status) {
    case "ok":
      return (
        <>
          <h3 id="opinion">
            {providerName(opinion.provider)} puts it at {percent(opinion.probability)} likely machine-written
          </h3>
          {opinion.reasons.length > 0 && (
            <ul className="opinion-reasons">
              {opinion.reasons.map((reason, at) => (
                <li key={at}>{reason}</li>
              ))}
            </ul>
          )}
          <p className="quiet">
            By the language model {opinion.model}, which wrote the reasons too. Such models are often wrong about this, and sure of
            it. It cost {dollars(opinion.cost_usd)} of your budget.
          </p>
        </>
      );
    case "unavailable":
      return (
        <>
          <h3 id="opinion">Nobody else had an answer</h3>
          <p>
            Those who were asked did not answer in time, or not sensibly. Your text may have reached them all the same.
            {cost(opinion.cost_usd)}
          </p>
        </>
      );
    case "budget_exhausted":
      return (
        <>
          <h3 id="opinion">The budget for second opinions is used up</h3>
          <p>
            {opinion.opens_at === null
              ? "This text alone would cost more than the budget ever holds. A shorter one may fit."
              : `There is room for a text like this again from ${moment(opinion.opens_at)}.`}
            {opinion.cost_usd > 0 ? cost(opinion.cost_usd) : " Your text has stayed here."}
          </p>
        </>
      );
    case "not_configured":
      return (
        <>
          <h3 id="opinion">Nobody else can be asked</h3>
          <p>This service has nobody to ask any more. Your text has stayed here.</p>
        </>
      );
  }
}

function cost(amount: number): string {
  return amount > 0 ? ` The attempt counts as ${dollars(amount)} of your budget.` : "";
}
