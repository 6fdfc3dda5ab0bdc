import { Page } from "../parts/Page";

export default function Docs() {
  return <Page title="HTTP interface">{null}</Page>;
}
