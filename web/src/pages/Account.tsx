import { useAuth } from "../auth";
import { Page } from "../parts/Page";
import { Devices } from "./account/Devices";
import { Password } from "./account/Password";
import { Profile } from "./account/Profile";
import "./account/account.css";

export default function Account() {
  const { user } = useAuth();
  if (!user) return null;
  return (
    <Page title="Account" width="middle">
      <Profile user={user} />
      <Devices />
      <Password user={user} />
    </Page>
  );
}
