import { type FormEvent, useState } from "react";

import { notice, words } from "../notices";
import { useStore } from "../store";
import { session, signIn, signOut } from "./session";

const DEMO_PASSWORD = "innkeeper-demo";
const DEMO_PEOPLE = ["guest", "hotelier", "master", "admin"];

/** Who is signed in, and the way in and out. */
export function SignInBar() {
  const current = useStore(session);
  const said = useStore(notice);
  return (
    <header className="bar">
      <div className="bar-row">
        <h1 className="bar-title">Innkeeper playground</h1>
        {current ? <SignedIn person={current.viewer?.name} email={current.viewer?.email} role={current.viewer?.role} /> : <SignInForm />}
      </div>
      <div role="alert" className="bar-alert">
        {said && (
          <p className="notice">
            {said}
            <button type="button" onClick={() => notice.set("")}>
              Dismiss
            </button>
          </p>
        )}
      </div>
    </header>
  );
}

function SignedIn({ person, email, role }: { person?: string | undefined; email?: string | undefined; role?: string | undefined }) {
  return (
    <div className="bar-form">
      <p className="who" role="status">
        Signed in{person && " as "}
        {person && <strong>{person}</strong>}
        {email && ` (${email})`}
        {role && <span className="role">{role.toLowerCase()}</span>}
      </p>
      <button type="button" onClick={() => void signOut()}>
        Sign out
      </button>
    </div>
  );
}

function SignInForm() {
  const [email, setEmail] = useState("");
  const [password, setPassword] = useState("");
  const [busy, setBusy] = useState(false);

  async function submit(event: FormEvent) {
    event.preventDefault();
    setBusy(true);
    try {
      await signIn(email, password);
    } catch (failure) {
      notice.set(`Signing in failed: ${words(failure)}`);
    } finally {
      setBusy(false);
    }
  }

  function fill(name: string) {
    if (!name) return;
    setEmail(`${name}@innkeeper.example`);
    setPassword(DEMO_PASSWORD);
  }

  return (
    <form className="bar-form" onSubmit={(event) => void submit(event)} aria-label="Sign in">
      <label>
        Demo login
        <select defaultValue="" onChange={(event) => fill(event.target.value)}>
          <option value="">choose…</option>
          {DEMO_PEOPLE.map((name) => (
            <option key={name} value={name}>
              {name}
            </option>
          ))}
        </select>
      </label>
      <label>
        E-mail
        <input type="email" autoComplete="username" required value={email} onChange={(event) => setEmail(event.target.value)} />
      </label>
      <label>
        Password
        <input type="password" autoComplete="current-password" required value={password} onChange={(event) => setPassword(event.target.value)} />
      </label>
      <button type="submit" disabled={busy}>
        {busy ? "Signing in…" : "Sign in"}
      </button>
    </form>
  );
}
