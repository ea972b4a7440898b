using System.Buffers.Binary;
using System.Security.Cryptography;
using EdgeRecorder.Mp4;
using EdgeRecorder.Platform.Linux;
using EdgeRecorder.Storage.Format;

namespace EdgeRecorder.Storage;

/// <summary>
/// A segment that records are being added to: the on-disk protocol (DESIGN section 4, Round; docs/design/ring.md).
/// <code>
/// Append   (writer thread)  puts the record, and a `free` behind it, into what the last linked `free` covers: no player sees it
/// Batch    (sync thread)    takes what was appended since; from here on its bytes are not touched
/// …        fdatasync
/// Link     (sync thread)    the last linked `free` now ends where the batch begins: players see it, and it is durable
/// </code>
/// Records of the same batch are linked to each other when they are appended; the first of a batch never from the one before it.
/// </summary>
/// <param name="expected">Records it will probably hold.</param>
internal sealed class OpenSegment(Segment segment, SegmentHeader header, InitSegment? init, ISegmentFile file, int expected = 0) : IDisposable
{
    private static readonly byte[] Zeros = PinnedPages.Make(2 * Geometry.Page);

    private readonly Lock _gate = new();
    private FragmentEntry[] _entries = new FragmentEntry[Math.Max(16, expected)];
    private int _count;
    private List<Fragment?> _pending = [];                  // written, not yet durable: kept to be written elsewhere if the disk fails; null: a copy
    private List<Fragment?> _syncing = [];
    private TailPages? _tail;                               // from the first record or link on
    private int _batchStart;                                // first record of the open batch
    private int _lastFree = header.Length;                  // header of the `free` behind the last record
    private int _linkedFree = header.Length;                // header of the `free` that ends the visible chain
    private int _syncFrom;                                  // page of the newest link: dirty until the next round
    private byte[] _hash = header.Hash, _syncingHash = header.Hash, _linkedHash = header.Hash;

    public Segment Segment => segment;
    public SegmentHeader Header => header;
    public ISegmentFile File => file;

    /// <summary>Track formats of its records; null while it was found at start and nobody has compared its moov.</summary>
    public InitSegment? Init { get; private set; } = init;
    public List<(int Number, Guid Id)> Boots { get; } = [];

    /// <summary>It was open when the box stopped without a word.</summary>
    public bool Recovered { get; set; }

    /// <summary>Nothing more comes; once all is linked it can be sealed.</summary>
    public bool IsClosing { get; set; }

    /// <summary>It waits for its seal; the sync thread, which alone sets this, has handed it over.</summary>
    public bool IsHandedOver { get; set; }
    public long FirstSequence { get; set; }

    /// <summary>Bytes left for a record and the `free` behind it.</summary>
    public int Room => header.Geometry.SealOffset - Geometry.NextRecord(_lastFree) - Geometry.FreeHeader;
    public int Count => _count;
    public bool IsFull => _count >= header.Geometry.MaxRecords;

    /// <summary>The disk failed; the sync thread leaves it alone until the writer has rescued what it held.</summary>
    public bool IsFailed { get; set; }

    /// <summary>Bytes of fragments in the batch that is being synced.</summary>
    public long SyncingBytes
    {
        get
        {
            long sum = 0;
            foreach (var fragment in _syncing)
                sum += fragment?.Length ?? 0;
            return sum;
        }
    }

    /// <summary>Records that players see and that are durable.</summary>
    public int Linked { get; private set; }

    /// <summary>Last value of the chain over all records, and over those that are linked.</summary>
    public byte[] Hash => _hash;
    public byte[] LinkedHash => _linkedHash;

    public bool IsDirty
    {
        get { lock (_gate) return _count > Linked; }
    }

    /// <summary>Boottime of its last record, or of its opening where what is written is older; of the start that found it.</summary>
    public long TouchedUs { get; set; }

    /// <summary>Where the visible chain ends.</summary>
    public int LinkedFree => _linkedFree;

    /// <summary>A copy of the entries that are durable.</summary>
    public FragmentEntry[] Durable()
    {
        lock (_gate)
            return _entries[..Linked];
    }

    /// <summary>A copy of all entries, durable or not.</summary>
    public FragmentEntry[] All()
    {
        lock (_gate)
            return _entries[.._count];
    }

    /// <summary>Writes the record. Takes one reference of the fragment until it is durable.</summary>
    /// <param name="chained">Whether digest and chain are computed.</param>
    /// <exception cref="ErrnoException">The disk failed; the segment is to be quarantined.</exception>
    public void Append(Fragment fragment, in RecordHeader record, BootAnchor boot, bool chained, RecordScratch scratch)
    {
        var digest = scratch.Build(fragment, record, chained, _hash, out var hash);
        if (_count == 0)
            FirstSequence = record.Sequence;                // one that was found empty at start knew none
        Put(new FragmentEntry
        {
            RecordLength = record.RecordLength, MediaStart90k = record.MediaStart90k, Duration90k = record.Duration90k, Flags = record.Flags,
            Boot = BootIndex(boot.BootNumber, boot.BootId), SyncDistance = (ushort)Math.Min(ushort.MaxValue, record.SyncDistance), BoottimeUs = record.BoottimeUs, Digest = digest,
        }, fragment, hash, scratch);
    }

    /// <summary>Writes a record of another segment, unchanged: the bytes in the scratch's <see cref="RecordScratch.Raw"/>.</summary>
    public void AppendCopy(FragmentEntry origin, int bootNumber, Guid bootId, RecordScratch scratch)
    {
        origin.Boot = BootIndex(bootNumber, bootId);
        Put(origin, null, _hash, scratch);
    }

    private void Put(FragmentEntry entry, Fragment? retained, byte[] hash, RecordScratch scratch)
    {
        var list = scratch.List;
        list.Clear();
        lock (_gate)
        {
            if (IsFailed)
                throw new IOException($"{segment.Path}: the segment failed before");
            var tail = _tail ??= new TailPages(file, _lastFree);
            var start = Geometry.NextRecord(_lastFree);
            var end = start + entry.RecordLength;
            var linkInside = _pending.Count > 0;            // same batch: the free in front is ours to size
            if (linkInside)
            {
                tail.AddFront(list, _lastFree);
                BoxType.WriteFree(scratch.FreeBefore, start - _lastFree);
                list.Add(scratch.FreeBefore, 0, Geometry.FreeHeader);
                list.Add(Zeros, 0, start - _lastFree - Geometry.FreeHeader);
            }
            scratch.AddRecord(retained, entry.RecordLength);
            BoxType.WriteFree(scratch.FreeBehind, (int)(header.Geometry.Size - end));
            list.Add(scratch.FreeBehind, 0, Geometry.FreeHeader);
            list.Add(Zeros, 0, Geometry.NextRecord(end) - end - Geometry.FreeHeader);
            list.CopyEnd(scratch.Tail);
            file.Write(list, linkInside ? Geometry.AlignDown(_lastFree) : start);
            tail.Ended(scratch.Tail);
            if (!linkInside)
                _batchStart = start;
            entry.Offset = start;
            retained?.AddReference();                       // not before the write: one that failed is not ours
            _pending.Add(retained);
            Add(entry);
            (_lastFree, _hash, TouchedUs) = (end, hash, Math.Max(TouchedUs, entry.BoottimeUs));
        }
    }

    /// <summary>Takes what was appended for a sync and starts its writeback. False when there is nothing.</summary>
    public bool Batch(out SyncBatch batch)
    {
        lock (_gate)
        {
            batch = default;
            if (_pending.Count == 0)
                return false;
            batch = new SyncBatch(_batchStart, _lastFree, _count);
            (_pending, _syncing, _syncingHash) = (_syncing, _pending, _hash);
            _tail!.Batch();
        }
        file.StartWriteback(_syncFrom, Geometry.NextRecord(batch.LastFree) - _syncFrom);
        return true;
    }

    /// <summary>After the sync: shows the batch to players and lets go of its memory. Returns the entries that became durable.</summary>
    public ReadOnlySpan<FragmentEntry> Link(in SyncBatch batch)
    {
        var linkPage = Geometry.AlignDown(_linkedFree);     // becomes dirty: the next round syncs it, the one after drops it
        if (linkPage > 0)                                   // from the start: a large folio goes only with the call that covers all of it
            file.DropCache(0, linkPage);
        LinkTo(batch.Start);                                // nothing may fail behind it: what is linked is not written again elsewhere
        _tail!.Linked();
        int first;
        lock (_gate)
        {
            first = Linked;
            (_linkedFree, _syncFrom, Linked, _linkedHash) = (batch.LastFree, linkPage, batch.Count, _syncingHash);
        }
        foreach (var fragment in _syncing)                  // not before it can be read from the disk
            fragment?.Release();
        _syncing.Clear();
        lock (_gate)
            return _entries.AsSpan(first..batch.Count);
    }

    /// <summary>Lets the visible chain go on at this offset.</summary>
    public void LinkTo(int offset) => (_tail ??= new TailPages(file, _linkedFree)).Link(file, _linkedFree, offset - _linkedFree);

    /// <summary>Records that never became durable, oldest first, to be written elsewhere; their references pass to the caller.</summary>
    public List<Fragment> TakeUnsynced()
    {
        lock (_gate)
        {
            List<Fragment> all = [.. _syncing.OfType<Fragment>(), .. _pending.OfType<Fragment>()];
            _syncing.Clear();
            _pending.Clear();
            _count = Linked;
            _hash = _linkedHash;
            return all;
        }
    }

    /// <summary>Puts back a record that recovery found, in order; it is durable and linked.</summary>
    public void Restore(in FragmentEntry entry, byte[] hash)
    {
        Add(entry);
        Linked = _count;
        _lastFree = _linkedFree = entry.End;
        _syncFrom = Geometry.AlignDown(entry.End);
        _hash = _syncingHash = _linkedHash = hash;
    }

    /// <summary>True when a fragment of this format may stand here. A segment found at start goes on when its moov is the same to the byte.</summary>
    public bool Takes(InitSegment format)
    {
        if (Init is null && header.Init.AsSpan().SequenceEqual(format.Bytes))
            Init = format;
        return Init is not null && (ReferenceEquals(Init, format) || Init.SameFormat(format));
    }

    public byte BootIndex(int number, Guid id)
    {
        for (var i = Boots.Count - 1; i >= 0; i--)          // once a record: no closure
            if (Boots[i].Number == number)
                return (byte)i;
        Boots.Add((number, id));
        return (byte)(Boots.Count - 1);
    }

    private void Add(in FragmentEntry entry)
    {
        if (_count == _entries.Length)
            Array.Resize(ref _entries, 2 * _count);         // who still reads the old one finds in it what was there
        _entries[_count++] = entry;
    }

    /// <summary>
    /// The table for the seal, of a segment that takes nothing more: not a copy. Digests that are not known, of records written before a restart, are read back and computed.
    /// </summary>
    public Seal MakeSeal(bool chained)
    {
        var entries = new ArraySegment<FragmentEntry>(_entries, 0, Linked);
        if (chained)
            foreach (ref var entry in entries.AsSpan())
                if ((entry.Flags & RecordFlags.Chained) != 0 && ((ReadOnlySpan<byte>)entry.Digest).IndexOfAnyExcept((byte)0) < 0)
                {
                    var record = new byte[entry.RecordLength];
                    file.Read(record, entry.Offset);
                    entry.Digest = Digest.From(Chain.Digest(record));
                }
        return new Seal
        {
            Volume = header.Volume, Generation = header.Generation, Stream = header.Stream, Recovered = Recovered,
            FirstSequence = FirstSequence, LastHash = _hash, Boots = [.. Boots], Records = entries,
        };
    }

    public void Dispose()
    {
        foreach (var fragment in TakeUnsynced())
            fragment.Release();
        lock (_gate)                                        // not under a write of another thread
        {
            file.Dispose();
            _tail?.Dispose();
            _tail = null;
        }
    }
}

/// <summary>What one round syncs in one segment.</summary>
/// <param name="Start">First record's offset.</param>
/// <param name="LastFree">Header of the `free` behind the last.</param>
/// <param name="Count">Records of the segment up to and with this batch.</param>
internal readonly record struct SyncBatch(int Start, int LastFree, int Count);

/// <summary>The writer thread's reusable memory for building one record.</summary>
internal sealed class RecordScratch
{
    private byte[] _head = GC.AllocateUninitializedArray<byte>(16 * 1024, pinned: true);
    private byte[] _raw = [];
    private int _headLength;
    private readonly IncrementalHash _sha = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);

    public GatherList List { get; } = new();
    public byte[] FreeBefore { get; } = GC.AllocateArray<byte>(8, pinned: true);
    public byte[] FreeBehind { get; } = GC.AllocateArray<byte>(8, pinned: true);

    /// <summary>The page in which what is being written ends.</summary>
    public byte[] Tail { get; } = new byte[Geometry.Page];

    /// <summary>Builds header and moof in the scratch, with CRC and chain; returns d (zero when not chained) and the new h.</summary>
    public Digest Build(Fragment fragment, in RecordHeader record, bool chained, byte[] previousHash, out byte[] hash)
    {
        _headLength = RecordHeader.Length + fragment.Head.Length;
        if (_head.Length < _headLength)
            _head = GC.AllocateUninitializedArray<byte>(_headLength * 2, pinned: true);
        var head = _head.AsSpan(0, _headLength);
        record.Write(head);
        fragment.Head.Span.CopyTo(head[RecordHeader.Length..]);
        var crc = Crc32C.Update(Crc32C.Start, head);
        foreach (var payload in fragment.Payloads)
            foreach (var slice in payload)
                crc = Crc32C.Update(crc, slice.Span);
        BinaryPrimitives.WriteUInt32BigEndian(head[RecordHeader.CrcOffset..], Crc32C.Finish(crc));
        hash = previousHash;
        if (!chained)
            return default;
        _sha.AppendData(head);
        foreach (var payload in fragment.Payloads)
            foreach (var slice in payload)
                _sha.AppendData(slice.Span);
        Span<byte> digest = stackalloc byte[32];
        _sha.GetHashAndReset(digest);
        hash = Chain.Next(previousHash, digest);
        hash.CopyTo(head[RecordHeader.ChainOffset..]);
        return Digest.From(digest);
    }

    /// <summary>Room for a whole record that is copied as it is.</summary>
    public Span<byte> Raw(int length)
    {
        if (_raw.Length < length)
            _raw = GC.AllocateUninitializedArray<byte>(length * 2, pinned: true);
        return _raw.AsSpan(0, length);
    }

    /// <summary>Adds the built record, or the raw one where there is no fragment, to the list.</summary>
    public void AddRecord(Fragment? fragment, int length)
    {
        if (fragment is null)
        {
            List.Add(_raw, 0, length);
            return;
        }
        List.Add(_head, 0, _headLength);
        foreach (var payload in fragment.Payloads)
            foreach (var slice in payload)
                List.Add(slice.Chunk.Bytes, slice.Offset, slice.Length);
    }
}
