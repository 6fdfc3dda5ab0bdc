import { useAuth } from "../auth";
import { Page } from "../parts/Page";
import { Deletion } from "./account/Deletion";
import { Devices } from "./account/Devices";
import { Password } from "./account/Password";
import { Profile } from "./account/Profile";
import { Usage } from "./account/Usage";
import "./account/account.css";

export default function Account() {
  const { user } = useAuth();
  if (!user) return null;
  return (
    <Page title="Account" width="middle">
      <Profile user={user} />
      <Usage />
      <Devices />
      <Password user={user} />
      <Deletion user={user} />
    </Page>
  );
}
