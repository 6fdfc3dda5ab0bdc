-- What an account used is found by the account: when it looks, and when it is deleted and takes its rows along.
CREATE INDEX usage_by_account ON usage (user_id);
