import { useCallback } from "react";
import { usage, type Usage as Used } from "../../api";
import { useAuth } from "../../auth";
import { Coming, Failed } from "../../parts/states";
import { useResource } from "../../resource";
import { date, moment } from "../../time";
import { dollars, span } from "../../units";
import { number } from "../../words";

/** What was checked and spent in the last 30 days, and what is left. */
export function Usage() {
  const { fetch } = useAuth();
  const [resource, reload] = useResource(useCallback((signal: AbortSignal) => usage(fetch, signal), [fetch]));
  return (
    <section className="card" aria-labelledby="usage">
      <h2 id="usage">What you have used</h2>
      {resource.phase === "failed" && <Failed what="Your usage could not be loaded" error={resource.error} retry={reload} />}
      {resource.phase === "loading" && (
        <Coming what="your usage">
          <div className="skeleton usage-coming" aria-hidden="true" />
        </Coming>
      )}
      {resource.value && <Shown used={resource.value} />}
    </section>
  );
}

function Shown({ used: { days, detect, second_opinion } }: { used: Used }) {
  const checks = days.reduce((sum, day) => sum + day.detections, 0);
  const spent = days.reduce((sum, day) => sum + day.spent_usd, 0);
  const caps = [
    ["today", second_opinion.day],
    ["this month", second_opinion.month],
  ] as const;
  // Where nobody else was ever asked, there is nothing to say of money.
  const withMoney = second_opinion.configured || spent > 0;
  return (
    <>
      <Chart days={days} checks={checks} />
      <dl className="facts">
        {detect.map(({ limit, window_seconds, remaining, resets_at }) => (
          <div key={window_seconds} className="fact">
            <dt>Checks in {span(window_seconds)}</dt>
            <dd>
              {number.format(remaining)} of {number.format(limit)} left
              {remaining < limit && <span className="quiet"> · one more {moment(resets_at)}</span>}
            </dd>
          </div>
        ))}
        {withMoney &&
          caps.map(
            ([name, cap]) =>
              cap && (
                <div key={name} className="fact">
                  <dt>Second opinions {name}</dt>
                  <dd>
                    {dollars(cap.left_usd)} of {dollars(cap.cap_usd)} left
                    {cap.spent_usd > 0 && <span className="quiet"> · all of it again {moment(cap.resets_at)}</span>}
                  </dd>
                </div>
              ),
          )}
      </dl>
      {(checks > 0 || spent > 0) && <Table days={days} withMoney={withMoney} />}
    </>
  );
}

/** One bar a day. The sentence above says what they come to, and the table below what each is. */
function Chart({ days, checks }: { days: Used["days"]; checks: number }) {
  const most = Math.max(1, ...days.map(({ detections }) => detections));
  return (
    <>
      <p className="quiet">
        {checks === 0 ? "No checks in the last 30 days." : `${number.format(checks)} ${checks === 1 ? "check" : "checks"} in the last 30 days.`}
      </p>
      <svg
        className="usage-bars"
        viewBox={`0 0 ${days.length * 4} 30`}
        preserveAspectRatio="none"
        role="img"
        aria-label={`Checks per day: ${days.length} days, ${number.format(checks)} in all, at most ${number.format(checks === 0 ? 0 : most)} on one day`}
      >
        {days.map(({ day, detections }, at) => {
          const height = detections === 0 ? 1 : Math.max(3, (detections / most) * 30);
          return (
            <rect key={day} className={detections === 0 ? "bar-idle" : "bar-used"} x={at * 4 + 0.5} width="3" y={30 - height} height={height}>
              <title>{`${date(day)}: ${number.format(detections)}`}</title>
            </rect>
          );
        })}
      </svg>
      <p className="bars-ends" aria-hidden="true">
        <span>30 days ago</span>
        <span>today</span>
      </p>
    </>
  );
}

function Table({ days, withMoney }: { days: Used["days"]; withMoney: boolean }) {
  const used = days.filter(({ detections, spent_usd }) => detections > 0 || spent_usd > 0).toReversed();
  return (
    <details>
      <summary>Day by day</summary>
      <div className="table-frame" tabIndex={0} role="region" aria-label="Usage day by day">
        <table>
          <thead>
            <tr>
              <th scope="col">Day (UTC)</th>
              <th scope="col">Checks</th>
              {withMoney && <th scope="col">Second opinions</th>}
            </tr>
          </thead>
          <tbody>
            {used.map(({ day, detections, spent_usd }) => (
              <tr key={day}>
                <td>{date(day)}</td>
                <td className="figure">{number.format(detections)}</td>
                {withMoney && <td className="figure">{dollars(spent_usd)}</td>}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </details>
  );
}
