import type { Journal } from '../../../host/journal/journal.ts';
import type { Collector } from '../collector.ts';

/** What the node's journal says of its membership. @param read gives the journal; the archive has it as a file, too */
export function membership(read: () => Promise<Journal>): Collector {
  return {
    name: 'edgeadm/membership',
    run: async () => {
      const { joined, conversion, unfinished, damage } = await read();
      const unreadable = damage?.found.join('\n');
      const known = { joined: joined?.node, joinedAt: joined?.time, conversion: conversion?.node, unfinished };
      return { files: [], facts: { journal: unreadable ? { unreadable } : known } };
    },
  };
}
