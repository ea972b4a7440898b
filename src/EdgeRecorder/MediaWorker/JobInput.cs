using System.Text.Json;

namespace EdgeRecorder.MediaWorker;

/// <summary>What comes on standard input: a line of JSON, then the footage of that job, and again.</summary>
internal sealed class JobInput(Stream source)
{
    /// <summary>A job with the longest texts and some hundred polygons has not a tenth of it.</summary>
    public const int LongestLine = 1 << 20;

    private readonly byte[] _buffer = new byte[64 * 1024];
    private int _start, _end;

    /// <summary>The next job; null at the end.</summary>
    /// <exception cref="InvalidDataException">It is none. What follows it cannot be found then.</exception>
    public MediaJob? ReadJob()
    {
        using var line = new MemoryStream();
        while (true)
        {
            if (_start == _end && !Fill())
                return line.Length == 0 ? null : throw new InvalidDataException("a job is cut off");
            var rest = _buffer.AsSpan(_start, _end - _start);
            var end = rest.IndexOf((byte)'\n');
            line.Write(end < 0 ? rest : rest[..end]);
            _start += end < 0 ? rest.Length : end + 1;
            if (line.Length > LongestLine)
                throw new InvalidDataException($"a job has more than {LongestLine} bytes");
            if (end >= 0)
                break;
        }
        try
        {
            return JsonSerializer.Deserialize(line.GetBuffer().AsSpan(0, (int)line.Length), MediaJobJson.Default.MediaJob) is { FootageBytes: >= 0 } job
                ? job : throw new InvalidDataException("a job is null, or its footageBytes are");
        }
        catch (JsonException e)
        {
            throw new InvalidDataException($"a job is not one: {e.Message}", e);
        }
    }

    /// <summary>Bytes of the footage, and not one more.</summary>
    public int Read(Span<byte> target)
    {
        if (_start == _end && target.Length >= _buffer.Length)
            return source.Read(target);
        if (_start == _end && !Fill())
            return 0;
        var count = Math.Min(target.Length, _end - _start);
        _buffer.AsSpan(_start, count).CopyTo(target);
        _start += count;
        return count;
    }

    private bool Fill()
    {
        (_start, _end) = (0, source.Read(_buffer));
        return _end > 0;
    }
}

/// <summary>The footage of one job as a stream that ends where the footage does.</summary>
/// <param name="progress">Told the part that has been read, 0 to 1.</param>
internal sealed class Footage(JobInput input, long length, Action<double> progress) : Stream
{
    private long _read;

    /// <summary>Bytes that have not been read yet.</summary>
    public long Left => length - _read;

    public override bool CanRead => true;
    public override bool CanSeek => false;
    public override bool CanWrite => false;
    public override long Length => length;
    public override long Position { get => _read; set => throw new NotSupportedException(); }

    /// <exception cref="EndOfStreamException">Standard input ends before the footage does.</exception>
    public override int Read(Span<byte> buffer)
    {
        if (Left == 0 || buffer.Length == 0)
            return 0;
        var count = input.Read(buffer[..(int)Math.Min(buffer.Length, Left)]);
        if (count == 0)
            throw new EndOfStreamException($"footage ends after {_read} of {length} bytes");
        _read += count;
        progress((double)_read / length);
        return count;
    }

    /// <summary>Reads to the end, so that the next job is found.</summary>
    public void Drain()
    {
        Span<byte> waste = stackalloc byte[16 * 1024];
        while (Read(waste) > 0)
        {
        }
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));
    public override void Flush() { }
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();
    public override void SetLength(long value) => throw new NotSupportedException();
    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
}
