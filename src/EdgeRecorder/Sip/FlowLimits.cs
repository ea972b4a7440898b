using System.Net;

namespace EdgeRecorder.Sip;

/// <summary>So many messages a second, and so many at once.</summary>
internal struct Bucket(int perSecond, int burst, long nowMs)
{
    private double _tokens = burst;
    private long _atMs = nowMs;

    public readonly bool IsFull(long nowMs) => _tokens + (nowMs - _atMs) * perSecond / 1000.0 >= burst;

    public readonly bool Has(long nowMs) => _tokens + (nowMs - _atMs) * perSecond / 1000.0 >= 1;

    public bool TryTake(long nowMs)
    {
        _tokens = Math.Min(burst, _tokens + (nowMs - _atMs) * perSecond / 1000.0);
        _atMs = nowMs;
        if (_tokens < 1)
            return false;
        _tokens--;
        return true;
    }
}

/// <summary>
/// What a flow of UDP may send before anything of it is read. A device that we know has its own measure; the others of an address share one besides their own, so that
/// changing the port does not help. Nobody's flood takes from somebody else.
/// </summary>
internal sealed class FlowLimits(SipOptions options)
{
    private const int Most = 16_384;

    private readonly Lock _lock = new();
    private readonly Dictionary<IPEndPoint, Bucket> _known = [], _unknown = [];
    private readonly Dictionary<IPAddress, Bucket> _addresses = [];
    private Bucket _strangers = new(options.AddressMessagesPerSecond, options.AddressBurst, 0);

    public bool IsKnown(IPEndPoint remote)
    {
        lock (_lock)
            return _known.ContainsKey(remote);
    }

    public void Know(IPEndPoint remote, bool isKnown)
    {
        lock (_lock)
            if (!isKnown)
                _known.Remove(remote);
            else if (!_known.ContainsKey(remote))
                _known.Add(remote, new(options.KnownMessagesPerSecond, options.KnownBurst, 0));
    }

    public bool TryTake(IPEndPoint remote, long nowMs)
    {
        lock (_lock)
        {
            ref var known = ref System.Runtime.InteropServices.CollectionsMarshal.GetValueRefOrNullRef(_known, remote);
            if (!System.Runtime.CompilerServices.Unsafe.IsNullRef(ref known))
                return known.TryTake(nowMs);
            return Take(_unknown, remote, options.MessagesPerSecond, options.Burst, nowMs)
                && Take(_addresses, remote.Address, options.AddressMessagesPerSecond, options.AddressBurst, nowMs);
        }
    }

    private bool Take<TKey>(Dictionary<TKey, Bucket> buckets, TKey key, int perSecond, int burst, long nowMs) where TKey : notnull
    {
        if (!buckets.ContainsKey(key) && buckets.Count >= Most)
        {
            foreach (var full in buckets.Where(b => b.Value.IsFull(nowMs)).Select(b => b.Key).ToList())
                buckets.Remove(full);
            if (buckets.Count >= Most)
                return _strangers.TryTake(nowMs);           // all of them busy: the rest shares one
        }
        ref var bucket = ref System.Runtime.InteropServices.CollectionsMarshal.GetValueRefOrAddDefault(buckets, key, out var exists);
        if (!exists)
            bucket = new(perSecond, burst, nowMs);
        return bucket.TryTake(nowMs);
    }
}
