using System.Buffers;
using System.Security.Cryptography;
using System.Threading.Channels;

namespace EdgeRecorder.Export;

/// <summary>The SHA-256 of what one thread appends, made by another meanwhile.</summary>
internal sealed class BackgroundDigest : IDisposable
{
    private const int PieceLength = 256 * 1024, MostPieces = 8;

    private readonly Channel<ArraySegment<byte>> _pieces = Channel.CreateBounded<ArraySegment<byte>>(new BoundedChannelOptions(MostPieces) { SingleReader = true, SingleWriter = true });
    private readonly Task<string> _work;
    private byte[] _piece = ArrayPool<byte>.Shared.Rent(PieceLength);
    private int _filled;

    public BackgroundDigest() => _work = Task.Run(HashAsync);

    public void Append(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            var count = Math.Min(bytes.Length, PieceLength - _filled);
            bytes[..count].CopyTo(_piece.AsSpan(_filled));
            bytes = bytes[count..];
            _filled += count;
            if (_filled == PieceLength)
                Hand();
        }
    }

    /// <summary>In hexadecimal, lower case, as sha256sum prints it. Nothing may follow.</summary>
    public string Finish()
    {
        Hand();
        _pieces.Writer.TryComplete();
        return _work.GetAwaiter().GetResult();
    }

    public void Dispose()
    {
        if (_pieces.Writer.TryComplete())
            ArrayPool<byte>.Shared.Return(_piece);
    }

    private void Hand()
    {
        while (!_pieces.Writer.TryWrite(new ArraySegment<byte>(_piece, 0, _filled)))
            ObjectDisposedException.ThrowIf(!_pieces.Writer.WaitToWriteAsync().AsTask().GetAwaiter().GetResult(), this);
        (_piece, _filled) = (ArrayPool<byte>.Shared.Rent(PieceLength), 0);
    }

    private async Task<string> HashAsync()
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        await foreach (var piece in _pieces.Reader.ReadAllAsync())
        {
            hash.AppendData(piece);
            ArrayPool<byte>.Shared.Return(piece.Array!);
        }
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}
