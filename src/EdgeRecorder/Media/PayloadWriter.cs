using System.Buffers.Binary;

namespace EdgeRecorder.Media;

/// <summary>
/// Appends payloads one after another into a chain of chunks: bytes are copied here once, out of the network buffer, and stay.
/// One thread; one payload open at a time. Dispose gives up the newest chunk; payloads already taken live on.
/// </summary>
/// <remarks>
/// Between <see cref="Take"/> calls the writer holds one reference on every chunk from the payload's first to the newest;
/// Take turns them into the payload's own and keeps one on the newest.
/// </remarks>
public sealed class PayloadWriter(ChunkPool pool) : IDisposable
{
    private Chunk? _first;                                  // chunk in which the open payload begins
    private int _start;                                     // its offset there
    private Chunk? _tail;
    private int _used;                                      // of the tail

    /// <summary>Bytes of the open payload.</summary>
    public int Length { get; private set; }

    public void Write(ReadOnlySpan<byte> bytes)
    {
        while (bytes.Length > 0)
        {
            var count = Math.Min(bytes.Length, Room());
            bytes[..count].CopyTo(_tail!.Bytes.AsSpan(_used));
            _used += count;
            Length += count;
            bytes = bytes[count..];
        }
    }

    public void WriteByte(byte value) => Write([value]);

    /// <summary>Leaves room for a NAL unit's 4-byte length (ISO/IEC 14496-15, lengthSizeMinusOne = 3); fill it with <see cref="EndNal"/>.</summary>
    public NalMark BeginNal()
    {
        Room();
        var mark = new NalMark(_tail!, _used, Length);
        Write([0, 0, 0, 0]);
        return mark;
    }

    /// <summary>Writes the length of what came since <paramref name="mark"/>, big-endian.</summary>
    public void EndNal(NalMark mark)
    {
        Span<byte> length = stackalloc byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(length, (uint)(Length - mark.LengthBefore - 4));
        var (chunk, offset) = (mark.Chunk, mark.Offset);
        foreach (var value in length)
        {
            if (offset == chunk.Bytes.Length)
                (chunk, offset) = (chunk.Next!, 0);
            chunk.Bytes[offset++] = value;
        }
    }

    /// <summary>A whole NAL unit with its length in front.</summary>
    public void WriteNal(ReadOnlySpan<byte> nal)
    {
        var mark = BeginNal();
        Write(nal);
        EndNal(mark);
    }

    /// <summary>Closes the open payload; its references pass to the caller. Empty when nothing was written.</summary>
    public Payload Take()
    {
        if (Length == 0)
            return default;
        var payload = new Payload(_first!, _start, Length);
        _tail!.AddReference();                              // the writer goes on in it
        (_first, _start, Length) = (_tail, _used, 0);
        return payload;
    }

    /// <summary>Throws the open payload away, as if nothing had been written since the last <see cref="Take"/>.</summary>
    public void Discard()
    {
        if (Length > 0)
            Take().Release();
    }

    public void Dispose()
    {
        Discard();
        _tail?.Release();
        (_first, _tail, _used, _start) = (null, null, 0, 0);
    }

    private int Room()
    {
        if (_tail is null)
        {
            _tail = pool.Rent();
            (_first, _start, _used) = (_tail, 0, 0);
        }
        else if (_used == _tail.Bytes.Length)
        {
            var next = pool.Rent();
            _tail.Next = next;
            if (Length == 0)                                // nothing open: the full chunk is done with
            {
                _tail.Release();
                (_first, _start) = (next, 0);
            }
            (_tail, _used) = (next, 0);
        }
        return _tail.Bytes.Length - _used;
    }

    /// <summary>Where a NAL unit's length will stand.</summary>
    public readonly record struct NalMark(Chunk Chunk, int Offset, int LengthBefore);
}
