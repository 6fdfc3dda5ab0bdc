import { Link } from "wouter";
import { Page } from "../parts/Page";

export default function NotFound() {
  return (
    <Page title="There is no such page" width="narrow" lead="The address may be mistyped, or what was here has moved.">
      <p>
        <Link href="/" className="button button-main">
          To the start
        </Link>
      </p>
    </Page>
  );
}
