// A route that names no page.

import { Empty } from "../parts/basics";
import { href } from "../route";

export function Unknown({ path }: { path: string[] }) {
  return (
    <>
      <h1>There is no such page</h1>
      <Empty text={`Nothing is at #/${path.join("/")}.`} />
      <p>
        <a href={href(["experiments"])}>Experiments</a> · <a href={href(["models"])}>Models</a> ·{" "}
        <a href={href(["activity"])}>Activity</a>
      </p>
    </>
  );
}
