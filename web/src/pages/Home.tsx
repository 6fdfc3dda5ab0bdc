import { Link, Redirect } from "wouter";
import { useAuth } from "../auth";
import { useTitle } from "../parts/Page";
import { PageSkeleton } from "../parts/states";
import "./home.css";

export default function Home() {
  const { state } = useAuth();
  const heading = useTitle("Edgekeep");
  if (state.status === "signed-in") return <Redirect to="/detect" replace />;
  if (state.status === "restoring") return <PageSkeleton />;
  return (
    <div className="page home">
      <section className="hero">
        <div>
          <h1 ref={heading} tabIndex={-1}>
            Who wrote this: a person, or a machine?
          </h1>
          <p className="lead">
            Paste a text and see how likely it is that a machine wrote it, sentence by sentence, with the reasons. And when it
            cannot be told, you are told that.
          </p>
          <p className="hero-actions">
            <Link href="/register" className="button button-main">
              Create an account
            </Link>
            <Link href="/sign-in" className="button button-quiet">
              Sign in
            </Link>
          </p>
        </div>
        <Sample />
      </section>
      <ul className="promises">
        <li>
          <h2>Read and forgotten</h2>
          <p>Your text goes to this service, and nowhere else unless you ask for a second opinion. It is judged, then dropped: neither stored nor logged.</p>
        </li>
        <li>
          <h2>Honest about doubt</h2>
          <p>Each verdict says how often such verdicts are wrong. Too short, or not English: then there is none.</p>
        </li>
        <li>
          <h2>Reasons you can check</h2>
          <p>What spoke for and against, with the values that are usual for people and for machines, and disguises found.</p>
        </li>
      </ul>
    </div>
  );
}

function Sample() {
  return (
    <figure className="sample">
      <div className="sample-card">
        <p className="sample-text">
          <span className="s s1">The radiator in room four has hissed since 1987. </span>
          <span className="s s1">Nobody remembers why it was never mended. </span>
          <span className="s s4">Moreover, effective communication plays a crucial role in fostering meaningful connections. </span>
          <span className="s s5">
            In conclusion, a holistic approach is essential for unlocking long-term success in an interconnected world.{" "}
          </span>
          <span className="s s3">We meet again on Thursday.</span>
        </p>
      </div>
      <figcaption>An example: the stronger the shade and the line, the more likely a machine.</figcaption>
    </figure>
  );
}
