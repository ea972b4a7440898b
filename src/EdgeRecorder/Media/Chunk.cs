using EdgeRecorder.Platform.Linux;

namespace EdgeRecorder.Media;

/// <summary>
/// A pooled block of memory that media is written into once and never moved: from the depacketizer to disk and to every viewer.
/// Counted by references; the last <see cref="Release"/> gives it back. Chunks of one writer are chained by <see cref="Next"/>,
/// so that a <see cref="Payload"/> that crosses a border needs no list.
/// </summary>
public sealed class Chunk
{
    private readonly ChunkPool _pool;
    private int _references;

    internal Chunk(ChunkPool pool, int size)
    {
        _pool = pool;
        Bytes = GC.AllocateUninitializedArray<byte>(size, pinned: true);
    }

    /// <summary>The memory, pinned for its life so that the kernel can be handed its address.</summary>
    public byte[] Bytes { get; }

    /// <summary>The chunk its writer went on in; null while this is the newest.</summary>
    public Chunk? Next { get; internal set; }

    public void AddReference() => Interlocked.Increment(ref _references);

    public void Release()
    {
        var left = Interlocked.Decrement(ref _references);
        if (left == 0)
            _pool.Return(this);
        else if (left < 0)
            throw new InvalidOperationException("A chunk was released more often than it was referenced.");
    }

    internal void Open()
    {
        Next = null;
        Volatile.Write(ref _references, 1);
    }
}

/// <summary>Free chunks of one size. Shared by the whole box: media goes on to where it is needed.</summary>
public sealed class ChunkPool(int chunkSize)
{
    /// <summary>Video: 32 KiB, some 130 ms of 2 Mb/s. Each stream holds one half-filled, so 64 KiB would cost 4 MB more at 128 channels and saves nothing that can be measured.</summary>
    public static readonly ChunkPool Video = new(32 * 1024);

    /// <summary>Audio: 8 KiB, a second of G.711; a larger chunk would be held for seconds.</summary>
    public static readonly ChunkPool Audio = new(8 * 1024);

    private readonly Lock _gate = new();
    private Chunk? _free;                                   // chained by Next: a free chunk costs nothing but itself
    private int _made;
    private int _idle;

    public int ChunkSize => chunkSize;

    /// <summary>Bytes of all chunks this pool ever made: the memory that media holds or held.</summary>
    public long AllocatedBytes => (long)Volatile.Read(ref _made) * chunkSize;

    /// <summary>Bytes of chunks that carry media now.</summary>
    public long InUseBytes => (long)(Volatile.Read(ref _made) - Volatile.Read(ref _idle)) * chunkSize;

    /// <summary>A chunk with one reference, the caller's.</summary>
    public Chunk Rent()
    {
        Chunk? chunk;
        lock (_gate)
        {
            chunk = _free;
            if (chunk is null)
                _made++;
            else
                (_free, _idle) = (chunk.Next, _idle - 1);
        }
        chunk ??= new Chunk(this, chunkSize);
        chunk.Open();
        return chunk;
    }

    /// <summary>
    /// Gives the memory of the chunks that carry nothing back to the kernel; they stay in the pool, and one that is needed again gets fresh pages. For the peak of a start,
    /// when all channels begin at once.
    /// </summary>
    public void LetGoOfIdle()
    {
        lock (_gate)
            for (var chunk = _free; chunk is not null; chunk = chunk.Next)
                Pages.LetGo(chunk.Bytes);
    }

    internal void Return(Chunk chunk)
    {
        lock (_gate)
        {
            chunk.Next = _free;
            (_free, _idle) = (chunk, _idle + 1);
        }
    }
}
