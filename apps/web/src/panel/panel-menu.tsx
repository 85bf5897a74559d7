'use client';

import { BellPlus, FileImage, FileText, Link2, MoreHorizontal, Search } from 'lucide-react';
import { useRouter } from 'next/navigation';
import type { RefObject } from 'react';
import { Button } from '#components/ui/button.tsx';
import {
  DropdownMenu,
  DropdownMenuContent,
  DropdownMenuItem,
  DropdownMenuTrigger,
} from '#components/ui/dropdown-menu.tsx';
import { useFrameHref } from '#state/frame-state.ts';
import { type Csv, csvText } from './csv.ts';
import { download, panelImage } from './export-image.ts';

/** What can be done with any panel. */
export function PanelMenu({
  title,
  anchor,
  expressions,
  csv,
  body,
}: {
  title: string;
  anchor: string;
  expressions: readonly string[];
  csv: (() => Csv) | undefined;
  body: RefObject<HTMLDivElement | null>;
}) {
  const router = useRouter();
  const href = useFrameHref();
  const expr = expressions[0];
  return (
    <DropdownMenu>
      <DropdownMenuTrigger asChild>
        <Button variant="ghost" size="iconSmall" aria-label={`Menu of ${title}`}>
          <MoreHorizontal aria-hidden />
        </Button>
      </DropdownMenuTrigger>
      <DropdownMenuContent>
        {expr !== undefined && (
          <>
            <DropdownMenuItem onSelect={() => router.push(href('/explore', { expr }))}>
              <Search aria-hidden /> Open in Explore
            </DropdownMenuItem>
            <DropdownMenuItem onSelect={() => router.push(href('/alerts', { new: expr }))}>
              <BellPlus aria-hidden /> Create alert
            </DropdownMenuItem>
          </>
        )}
        <DropdownMenuItem
          onSelect={() => {
            const url = new URL(window.location.href);
            url.hash = anchor;
            void navigator.clipboard.writeText(url.href);
          }}
        >
          <Link2 aria-hidden /> Copy link
        </DropdownMenuItem>
        {csv !== undefined && (
          <DropdownMenuItem
            onSelect={() => download(new Blob([csvText(csv())], { type: 'text/csv;charset=utf-8' }), `${anchor}.csv`)}
          >
            <FileText aria-hidden /> Export CSV
          </DropdownMenuItem>
        )}
        <DropdownMenuItem
          onSelect={async () => {
            const image = body.current === null ? null : await panelImage(body.current, title);
            if (image !== null) download(image, `${anchor}.png`);
          }}
        >
          <FileImage aria-hidden /> Export PNG
        </DropdownMenuItem>
      </DropdownMenuContent>
    </DropdownMenu>
  );
}
