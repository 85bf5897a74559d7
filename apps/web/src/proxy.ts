import { getSessionCookie } from 'better-auth/cookies';
import { type NextRequest, NextResponse } from 'next/server';
import { authMode, localRefusal } from '#auth/mode.ts';

const openPaths = /^\/(sign-in|api\/auth\/.*|icon\.svg)$/;

/**
 * Before every page and route: who has no session goes to the sign-in (whether the session is a good one is asked again
 * where it counts), and what comes back carries the security headers, with a fresh nonce for the scripts of a page.
 */
export function proxy(request: NextRequest) {
  if (authMode() === 'local') {
    const refusal = localRefusal(request.method, request.headers);
    if (refusal !== undefined)
      return new NextResponse(refusal, { status: 403, headers: { 'content-type': 'text/plain' } });
  } else if (
    !openPaths.test(request.nextUrl.pathname) &&
    getSessionCookie(request, { cookiePrefix: 'binnacle' }) === null
  ) {
    if (/^\/(gateway|api)\//.test(request.nextUrl.pathname) || request.method !== 'GET') {
      return NextResponse.json(
        { status: 'error', code: 'unauthenticated', message: 'Sign in first.' },
        { status: 401 },
      );
    }
    const signIn = new URL('/sign-in', request.url);
    signIn.searchParams.set('next', request.nextUrl.pathname + request.nextUrl.search);
    return NextResponse.redirect(signIn);
  }
  const nonce = btoa(crypto.randomUUID());
  const development = process.env.NODE_ENV === 'development';
  const policy = [
    "default-src 'self'",
    `script-src 'self' 'nonce-${nonce}' 'strict-dynamic'${development ? " 'unsafe-eval'" : ''}`,
    // Charts and popovers place things by style attributes, and the editor writes a style sheet of its own.
    "style-src 'self' 'unsafe-inline'",
    "img-src 'self' blob: data:",
    "font-src 'self'",
    "connect-src 'self'",
    "object-src 'none'",
    "base-uri 'self'",
    "form-action 'self'",
    "frame-ancestors 'none'",
  ].join('; ');
  const headers = new Headers(request.headers);
  headers.set('x-nonce', nonce);
  headers.set('content-security-policy', policy);
  const response = NextResponse.next({ request: { headers } });
  response.headers.set('content-security-policy', policy);
  response.headers.set('x-content-type-options', 'nosniff');
  response.headers.set('referrer-policy', 'same-origin');
  response.headers.set('x-frame-options', 'DENY');
  response.headers.set('cross-origin-opener-policy', 'same-origin');
  response.headers.set('permissions-policy', 'camera=(), microphone=(), geolocation=()');
  return response;
}

export const config = { matcher: '/((?!_next/static|_next/image|favicon.ico).*)' };
