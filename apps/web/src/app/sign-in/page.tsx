import type { Metadata } from 'next';
import { redirect } from 'next/navigation';
import { authMode } from '#auth/mode.ts';
import { Logo } from '#frame/logo.tsx';
import { SignInForm } from './sign-in-form.tsx';

export const metadata: Metadata = { title: 'Sign in' };

export default async function Page({ searchParams }: { searchParams: Promise<{ next?: string }> }) {
  if (authMode() === 'local') redirect('/');
  const { next } = await searchParams;
  return (
    <main className="grid min-h-dvh place-items-center p-4">
      <div className="w-full max-w-80 rounded-xl border border-line bg-surface p-6 shadow-panel">
        <Logo className="size-8 text-accent" />
        <h1 className="mt-3 text-lg font-semibold tracking-tight">Sign in to Binnacle</h1>
        <SignInForm next={next} />
      </div>
    </main>
  );
}
