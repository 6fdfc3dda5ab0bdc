// The code goes out: uploaded, tested where nobody else meets it, then in front of people, and back when it fails there.
//
// A Worker with Durable Objects gets no preview address from Cloudflare. What does the same: the new version joins the
// deployment with 0 % of the traffic, and a request that names it by a header is served by it. Where there is a preview
// address, that is tested too.

import { Problem, sleep } from "../process.mjs";
import { runWrangler } from "./run.mjs";
import { withSecrets } from "./secrets.mjs";
import { overrideOf, smokeTest } from "./smoke.mjs";

/**
 * @typedef {object} Given
 * @property {import("./target.mjs").Target} target
 * @property {import("./state.mjs").State} state
 * @property {import("./plan.mjs").Plan} plan
 * @property {import("./options.mjs").Options} options
 * @property {string} origin
 */

export class Rollout {
  constructor(/** @type {Given} */ given) {
    this.#given = given;
  }

  #given;
  /** What the new version must say that it was built from. @type {string | undefined} */
  #commit;

  /** What `run` will call, with what is not known yet in words. @returns {string[]} */
  calls() {
    const { plan, options, state, target } = this.#given;
    const line = (/** @type {string[]} */ args) => `wrangler ${args.join(" ")}`;
    const upload = line(this.#upload(plan.secrets.length > 0 ? "SECRETS" : undefined));
    const test = `GET ${this.#given.origin}/, /healthz, /readyz, /api/v1/auth/me, /api/v1/no-such-route`;
    if (plan.replaces) return [upload, test];
    const shares = [0, ...options.steps, 100];
    const of = (/** @type {number} */ share) => line(this.#traffic("NEW", share, state.live?.version ?? ""));
    const steps = shares.flatMap((share) => (share === 100 ? [of(share)] : [of(share), `${test} with ${OVERRIDE}: ${overrideOf(target.worker, "NEW")}`]));
    return [upload, ...steps, line(this.#triggers()), test];
  }

  /** @param {string | undefined} commit that build/ was made from */
  async run(commit) {
    this.#commit = commit;
    const { plan } = this.#given;
    const version = await this.#send();
    if (plan.replaces) await this.#replace();
    else await this.#moveTo(version);
  }

  // The first version has nothing to go back to, and one that brings new Durable Objects cannot be taken back: Cloudflare
  // refuses versions from before a migration.
  async #replace() {
    const { state, plan } = this.#given;
    const wrong = await this.#test("the live Worker");
    if (wrong.length === 0) return;
    const none = state.live
      ? "This version brought new Durable Objects, and Cloudflare takes no Worker back to before that. Repair it and deploy again."
      : "There is no version before it to go back to. Repair it and deploy again.";
    throw failed("The new version is live and does not work", wrong, plan.replaces ? none : "");
  }

  /** @param {string | undefined} version */
  async #moveTo(version) {
    const { state, options } = this.#given;
    const old = state.live?.version;
    if (!version || !old) throw new Problem("wrangler did not say which version it uploaded");
    for (const share of [0, ...options.steps]) {
      await this.#share(version, share, old);
      const wrong = await this.#test(`the new version at ${share} %`, version);
      if (wrong.length > 0) await this.#goBack(version, old, share, wrong);
      if (share > 0) await sleep(options.pause);
      const later = share > 0 ? await this.#test(`the new version after ${options.pause / 1000} s at ${share} %`, version) : [];
      if (later.length > 0) await this.#goBack(version, old, share, later);
    }
    await this.#share(version, 100, old);
    const wrong = await this.#test("the live Worker");
    if (wrong.length > 0) await this.#goBack(version, old, 100, wrong);
    // Crons and routes last: they have no versions.
    await this.#wrangler(this.#triggers());
  }

  /** @param {string} version @param {string} old @param {number} share @param {string[]} wrong @returns {Promise<never>} */
  async #goBack(version, old, share, wrong) {
    console.log(`  back to version ${old}`);
    await this.#wrangler(this.#traffic(old, 100, version));
    const met = share === 0 ? "Nobody has met it." : `Up to ${share} % of the requests met it.`;
    throw failed("The new version does not work and was taken back", wrong, `${met} Version ${old} serves all traffic again.`);
  }

  /** @returns {Promise<string | undefined>} the new version's id */
  async #send() {
    const { plan, state, target } = this.#given;
    const send = async (/** @type {string | undefined} */ file) => {
      console.log(`  upload${plan.secrets.length > 0 ? ` with a new ${plan.secrets.join(" and ")}` : ""}`);
      const reports = await this.#wrangler(this.#upload(file));
      const report = reports.find(({ type }) => type === "version-upload" || type === "deploy");
      if (report?.preview_url) await this.#preview(report.preview_url);
      return report?.version_id;
    };
    return plan.secrets.length > 0 ? withSecrets(plan.secrets, { account: state.account.id, worker: target.worker }, send) : send(undefined);
  }

  /** @param {string} url */
  async #preview(url) {
    console.log(`  test the preview at ${url}`);
    const { options } = this.#given;
    const wrong = await smokeTest({ origin: new URL(url).origin, commit: this.#commit, patience: options.patience });
    if (wrong.length > 0) throw failed("The new version does not work", wrong, "Nobody has met it: the version before still serves all traffic.");
  }

  /** @param {string} version @param {number} percent @param {string} old */
  async #share(version, percent, old) {
    console.log(`  ${percent} % of the traffic to the new version`);
    await this.#wrangler(this.#traffic(version, percent, old));
  }

  /** @param {string} what @param {string} [version] */
  async #test(what, version) {
    console.log(`  test ${what}`);
    const { target, options, origin } = this.#given;
    const override = version && overrideOf(target.worker, version);
    return smokeTest({ origin, override, commit: this.#commit, patience: options.patience });
  }

  /** @param {string | undefined} secrets a file */
  #upload(secrets) {
    const { plan, target } = this.#given;
    const { commit, subject } = target.release;
    // What people see in the list of versions; Cloudflare takes 100 bytes of it.
    const about = ["--tag", commit, "--message", subject.replace(/[^\x20-\x7e]/g, "?").slice(0, 100)];
    const command = plan.replaces ? ["deploy"] : ["versions", "upload"];
    return [...command, "--env", target.env, ...about, ...(secrets ? ["--secrets-file", secrets] : [])];
  }

  /** @param {string} version @param {number} percent @param {string} other */
  #traffic(version, percent, other) {
    const shares = percent === 100 ? [`${version}@100`] : [`${version}@${percent}`, `${other}@${100 - percent}`];
    return ["versions", "deploy", ...shares, "--env", this.#given.target.env, "--yes"];
  }

  #triggers() {
    return ["triggers", "deploy", "--env", this.#given.target.env];
  }

  #wrangler(/** @type {string[]} */ args) {
    return runWrangler(args, { account: this.#given.state.account.id });
  }
}

const OVERRIDE = "Cloudflare-Workers-Version-Overrides";

/** @param {string} what @param {string[]} wrong @param {string} then */
function failed(what, wrong, then) {
  return new Problem(what, `${wrong.map((line) => `  ${line}`).join("\n")}\n${then}`);
}
