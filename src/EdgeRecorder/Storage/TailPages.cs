using System.Buffers.Binary;
using System.Collections.Concurrent;
using EdgeRecorder.Platform.Linux;
using EdgeRecorder.Storage.Format;

namespace EdgeRecorder.Storage;

/// <summary>
/// The pages of an open segment in which a `free` ends the chain, as they lie on disk: what is written next into such a page is written with the whole
/// page. A kernel that reclaims early (DAMON, a memory limit) takes a clean page at any moment, and 4 bytes into a page that is gone are a device read.
/// </summary>
internal sealed class TailPages : IDisposable
{
    private static readonly ConcurrentBag<byte[]> Pool = [];

    private byte[] _last = Rent();                          // behind the newest record
    private byte[] _syncing = Rent();                       // behind the batch that is being synced
    private byte[] _linked = Rent();                        // where the visible chain ends

    /// <summary>Of a segment whose records are all linked.</summary>
    /// <param name="free">Header of the `free` that ends its chain.</param>
    public TailPages(ISegmentFile file, int free)
    {
        var read = file.Read(_last, Geometry.AlignDown(free));
        _last.AsSpan(read).Clear();
        _last.CopyTo(_linked, 0);
    }

    /// <summary>What stands in front of the newest `free` in its page.</summary>
    public void AddFront(GatherList list, int lastFree) => list.Add(_last, 0, lastFree - Geometry.AlignDown(lastFree));

    /// <summary>A record was written that ends in this page.</summary>
    public void Ended(ReadOnlySpan<byte> page) => page.CopyTo(_last);

    /// <summary>A batch ends with the newest record.</summary>
    public void Batch() => _last.CopyTo(_syncing, 0);

    /// <summary>The visible chain now ends where the batch does.</summary>
    public void Linked() => (_linked, _syncing) = (_syncing, _linked);

    /// <summary>Sizes the `free` that ends the visible chain. One sector of the page changes, so it happens or does not.</summary>
    public void Link(ISegmentFile file, int linkedFree, int size)
    {
        var start = Geometry.AlignDown(linkedFree);
        BinaryPrimitives.WriteInt32BigEndian(_linked.AsSpan(linkedFree - start), size);
        file.Write(_linked, start);
    }

    public void Dispose()
    {
        foreach (var page in (ReadOnlySpan<byte[]>)[_last, _syncing, _linked])
            if (page.Length > 0)
                Pool.Add(page);
        _last = _syncing = _linked = [];
    }

    private static byte[] Rent() => Pool.TryTake(out var page) ? page : PinnedPages.Make(Geometry.Page);
}
