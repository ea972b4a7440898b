using EdgeRecorder.Ledger;
using EdgeRecorder.Storage;

namespace EdgeRecorder.Recording;

/// <summary>Locks from request to expiry: the ledger's row and the ring's pin together.</summary>
internal sealed class LockDesk(LockStore store, ILocks ring, TimeProvider time) : IDisposable
{
    private static readonly TimeSpan Default = TimeSpan.FromDays(30);
    private ITimer? _expiry;

    /// <summary>Pins what the ledger says is locked, and from then on lets go what expires.</summary>
    public void Start()
    {
        ring.Copied = (id, pool) => store.SetCopied(id, pool);
        ReleaseExpired();
        foreach (var row in store.Active())
            ring.PinAgain(row.Id, row.Stream, Us(row.From), Us(row.To));
        _expiry = time.CreateTimer(_ => ReleaseExpired(), null, TimeSpan.FromMinutes(1), TimeSpan.FromMinutes(1));
    }

    /// <summary>The lock, or null and why the ring refuses it.</summary>
    public (LockRow? Lock, string? Refusal) Add(StreamKey stream, DateTimeOffset from, DateTimeOffset to, string reason, string by, DateTimeOffset? expires)
    {
        var now = DateTimeOffset.FromUnixTimeMilliseconds(time.GetUtcNow().ToUnixTimeMilliseconds());
        var row = new LockRow(OpaqueId.New(), stream, from, to, reason, by, now, expires ?? now + Default, LockState.Pinned, "");
        if (ring.TryPin(row.Id, row.Stream, Us(row.From), Us(row.To)) is { } refusal)
            return (null, refusal);
        store.Add(row);
        return (row, null);
    }

    /// <summary>The lock reaches further; false when there is none any more.</summary>
    public bool Extend(string id, DateTimeOffset to)
        => store.Extend(id, to, time.GetUtcNow() + Default) && ring.TryExtend(id, to.ToUnixTimeMilliseconds() * 1000);

    /// <summary>False when there is no such lock.</summary>
    public bool Release(string id)
    {
        if (!store.Release(id))
            return false;
        ring.Release(id);
        return true;
    }

    /// <summary>Makes room: the oldest tenth of what somebody locked is let go of.</summary>
    public void ReleaseOldest(string by)
    {
        var locks = store.Active().Where(row => row.CreatedBy == by).OrderBy(row => row.From).ToList();
        foreach (var row in locks.Take((locks.Count + 9) / 10))
            Release(row.Id);
    }

    public void Dispose() => _expiry?.Dispose();

    private static long Us(DateTimeOffset time) => time.ToUnixTimeMilliseconds() * 1000;

    private void ReleaseExpired()
    {
        foreach (var row in store.Expired(time.GetUtcNow()))
            Release(row.Id);
    }
}
