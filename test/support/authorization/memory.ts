/** Where the authorization server keeps its sessions, grants and tokens: in memory, for itself alone, until it is closed. */

interface Payload {
  [member: string]: unknown;
  uid?: string;
  userCode?: string;
  grantId?: string;
  consumed?: number;
}

/** One for each server: the factory that oidc-provider asks for each kind of record. Expiry stands in the records. */
export function memory(): (kind: string) => unknown {
  const records = new Map<string, Payload>();
  return (kind) => {
    const key = (id: string) => `${kind}:${id}`;
    const where = (member: 'uid' | 'userCode', value: string) =>
      [...records].find(([name, record]) => name.startsWith(`${kind}:`) && record[member] === value)?.[1];
    return {
      upsert: async (id: string, payload: Payload) => {
        records.set(key(id), payload);
      },
      find: async (id: string) => records.get(key(id)),
      findByUid: async (uid: string) => where('uid', uid),
      findByUserCode: async (code: string) => where('userCode', code),
      consume: async (id: string) => {
        const record = records.get(key(id));
        if (record) record.consumed = Math.floor(Date.now() / 1_000);
      },
      destroy: async (id: string) => {
        records.delete(key(id));
      },
      revokeByGrantId: async (grantId: string) => {
        for (const [name, record] of records) if (record.grantId === grantId) records.delete(name);
      },
    };
  };
}
