'use client';

import { type FormEvent, useState } from 'react';
import { Button } from '#components/ui/button.tsx';
import { Input, Label } from '#components/ui/input.tsx';

/** A path of ours and nothing else: an address that leads elsewhere is not followed after signing in. */
const ownPath = (next: string | undefined) => (next !== undefined && /^\/(?![/\\])/.test(next) ? next : '/');

export function SignInForm({ next }: { next: string | undefined }) {
  const [error, setError] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const submit = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    setBusy(true);
    setError(null);
    try {
      const answer = await fetch('/api/auth/sign-in/email', {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ email: String(form.get('email')), password: String(form.get('password')) }),
      });
      if (answer.ok) {
        window.location.assign(ownPath(next));
        return;
      }
      if (answer.status === 429) setError('Too many tries. Wait a minute.');
      else if (answer.status >= 500) setError('Postgres does not answer. Try again in a moment.');
      else setError('The e-mail address or the password is wrong.');
    } catch {
      setError('The web app does not answer.');
    }
    setBusy(false);
  };
  return (
    <form onSubmit={(event) => void submit(event)} className="mt-4 grid gap-3">
      <Label>
        E-mail
        <Input name="email" type="email" autoComplete="username" required autoFocus />
      </Label>
      <Label>
        Password
        <Input name="password" type="password" autoComplete="current-password" required />
      </Label>
      {error !== null && (
        <p role="alert" className="text-[13px] text-bad">
          {error}
        </p>
      )}
      <Button type="submit" variant="primary" disabled={busy}>
        Sign in
      </Button>
    </form>
  );
}
