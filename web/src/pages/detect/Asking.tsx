import { useId } from "react";
import { providerName } from "./words";

/**
 * Where the text goes. With somebody to ask for a second opinion it is a choice, which is never made for anyone; the room is
 * the same in any case, so that nothing moves when the answer comes.
 * @param providers who would be asked; `null` while that is not known
 */
export function Asking({ providers, checked, onChange }: { providers: string[] | null; checked: boolean; onChange: (checked: boolean) => void }) {
  const id = useId();
  if (providers === null || providers.length === 0) {
    return <p className="asking quiet">{providers !== null && "Your text is judged by this service itself and goes nowhere else."}</p>;
  }
  return (
    <div className="asking">
      <input id={id} type="checkbox" checked={checked} aria-describedby={`${id}what`} onChange={(event) => onChange(event.target.checked)} />
      <div>
        <label htmlFor={id}>Also ask {providers.map(providerName).join(" or ")}</label>
        <p id={`${id}what`} className="quiet">
          Your text then leaves this service. Their answer stands beside ours.
        </p>
      </div>
    </div>
  );
}
