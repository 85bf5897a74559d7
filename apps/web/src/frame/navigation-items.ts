import {
  Activity,
  Bell,
  Boxes,
  Cable,
  Compass,
  Cpu,
  Database,
  GitBranch,
  Hourglass,
  type LucideIcon,
  MessageSquareDiff,
  Search,
  Settings,
  Wrench,
} from 'lucide-react';

export interface NavigationItem {
  readonly path: string;
  readonly title: string;
  readonly icon: LucideIcon;
  /** Layers of alert rules whose firing puts a dot here. */
  readonly layers: readonly string[];
}

export interface NavigationGroup {
  readonly title: string | null;
  readonly items: readonly NavigationItem[];
}

/** The pages, in the order of the navigation. A view adds one line here. */
export const navigation: readonly NavigationGroup[] = [
  { title: null, items: [{ path: '/', title: 'Overview', icon: Compass, layers: [] }] },
  {
    title: 'Cluster',
    items: [
      { path: '/gpus', title: 'GPUs', icon: Cpu, layers: ['gpu'] },
      { path: '/fabric', title: 'Fabric', icon: Cable, layers: ['fabric'] },
      { path: '/scheduler', title: 'Scheduler', icon: Boxes, layers: ['scheduler'] },
    ],
  },
  {
    title: 'Workloads',
    items: [
      { path: '/serving', title: 'Serving', icon: Activity, layers: ['serving'] },
      { path: '/pipelines', title: 'Pipelines', icon: GitBranch, layers: ['pipelines'] },
    ],
  },
  {
    title: 'Models',
    items: [
      { path: '/drift', title: 'Drift', icon: MessageSquareDiff, layers: ['drift'] },
      { path: '/mcp', title: 'MCP', icon: Wrench, layers: ['mcp'] },
    ],
  },
  {
    title: 'Operate',
    items: [
      { path: '/alerts', title: 'Alerts', icon: Bell, layers: [] },
      { path: '/explore', title: 'Explore', icon: Search, layers: [] },
      { path: '/sources', title: 'Sources', icon: Database, layers: ['collector'] },
      { path: '/freshness', title: 'Freshness', icon: Hourglass, layers: [] },
      { path: '/settings', title: 'Settings', icon: Settings, layers: [] },
    ],
  },
];

export const pages: readonly NavigationItem[] = navigation.flatMap((group) => group.items);
