import { Field } from "@base-ui/react/field";
import { useState, type ReactNode } from "react";

interface Props {
  name: string;
  label: string;
  hint?: ReactNode;
  /** What to say when it is left empty; without it the field may be. */
  required?: string;
  autoComplete: string;
  defaultValue?: string;
  /** It comes up because somebody asked for it: the focus goes there. */
  focus?: boolean;
}

/** A line of text, with its label, hint and error tied to it. */
export function TextField({ kind = "text", ...props }: Props & { kind?: "text" | "email" }) {
  return (
    <Frame {...props} wrong={kind === "email" ? wrongEmail : undefined}>
      <Field.Control
        className="input"
        // Not `type="email"`: then the browser would have words of its own for what is wrong.
        type="text"
        inputMode={kind}
        aria-required={props.required !== undefined}
        autoComplete={props.autoComplete}
        defaultValue={props.defaultValue}
        autoFocus={props.focus}
        spellCheck={false}
        autoCapitalize={kind === "email" ? "none" : undefined}
      />
    </Frame>
  );
}

/** A password, which can be shown. Pasting is as good as typing. */
export function PasswordField(props: Props) {
  const [shown, setShown] = useState(false);
  return (
    <Frame {...props}>
      <div className="password">
        <Field.Control
          className="input"
          type={shown ? "text" : "password"}
          aria-required={props.required !== undefined}
          autoComplete={props.autoComplete}
          spellCheck={false}
          autoCapitalize="none"
          autoCorrect="off"
        />
        <button
          type="button"
          className="password-toggle"
          aria-pressed={shown}
          aria-label={`Show ${props.label.toLowerCase()}`}
          onClick={() => setShown(!shown)}
        >
          {shown ? "Hide" : "Show"}
        </button>
      </div>
    </Frame>
  );
}

function Frame({
  name,
  label,
  hint,
  required,
  wrong,
  children,
}: Props & { wrong?: ((value: string) => string | null) | undefined; children: ReactNode }) {
  const validate = (value: unknown) => {
    const text = typeof value === "string" ? value : "";
    if (text === "") return required ?? null;
    return wrong?.(text) ?? null;
  };
  return (
    <Field.Root name={name} className="field" validate={validate}>
      <Field.Label className="label">
        {label}
        {required === undefined && <span className="optional"> (optional)</span>}
      </Field.Label>
      {children}
      {hint !== undefined && <Field.Description className="hint">{hint}</Field.Description>}
      {/* Of `validate`, or what the server said. */}
      <Field.Error className="field-error" />
    </Field.Root>
  );
}

/** Only what is surely wrong: the server decides. */
function wrongEmail(text: string): string | null {
  return /^[^\s@]+@[^\s@]+$/.test(text.trim()) ? null : "Enter one e-mail address, such as name@example.org.";
}
