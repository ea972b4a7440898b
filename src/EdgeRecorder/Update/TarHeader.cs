using System.Text;
using EdgeRecorder.Bytes;

namespace EdgeRecorder.Update;

/// <summary>
/// The header of a file in a tar archive (POSIX.1-1988 "ustar"), 512 bytes:
/// <code>
///   0 name[100]  100 mode[8]  108 uid[8]  116 gid[8]  124 size[12]  136 mtime[12]  148 chksum[8]  156 typeflag  157 linkname[100]
/// 257 "ustar\0"  263 "00"     265 uname[32] gname[32] devmajor[8] devminor[8] prefix[155]
/// </code>
/// Numbers are octal digits, ended by a space or a zero byte. The content follows, filled up to 512 bytes.
/// </summary>
internal readonly record struct TarHeader(string Name, long Size)
{
    public const int Length = 512;
    private const int SizeAt = 124, SizeDigits = 12, SumAt = 148, SumDigits = 8, TypeAt = 156, MagicAt = 257, NameLength = 100;

    /// <summary>What content of <paramref name="size"/> bytes takes in the archive.</summary>
    public static long Padded(long size) => (size + Length - 1) / Length * Length;

    /// <param name="header">The 512 bytes.</param>
    /// <exception cref="ProtocolException">It is no header of a plain file.</exception>
    public static TarHeader Parse(ReadOnlySpan<byte> header)
    {
        if (header.Length < Length)
            throw Wrong(header.Length, "header", $"needs {Length} bytes, {header.Length} left");
        if (!header[MagicAt..].StartsWith("ustar"u8))
            throw Wrong(MagicAt, "magic", "is not ustar: this is no update");
        var sum = 0L;
        for (var i = 0; i < Length; i++)
            sum += i is >= SumAt and < SumAt + SumDigits ? ' ' : header[i];
        if (Octal(header, SumAt, SumDigits, "chksum") != sum)
            throw Wrong(SumAt, "chksum", "does not fit the header");
        if (header[TypeAt] is not ((byte)'0' or 0))
            throw Wrong(TypeAt, "typeflag", "is not that of a file");
        var name = header[..NameLength];
        var end = name.IndexOf((byte)0);
        return new(Encoding.ASCII.GetString(end < 0 ? name : name[..end]), Octal(header, SizeAt, SizeDigits, "size"));
    }

    private static long Octal(ReadOnlySpan<byte> header, int offset, int digits, string field)
    {
        var value = 0L;
        var any = false;
        foreach (var digit in header.Slice(offset, digits))
        {
            if (digit is (byte)' ' or 0)
            {
                if (any)
                    break;
                continue;                                   // some writers begin with spaces
            }
            if (digit is < (byte)'0' or > (byte)'7')
                throw Wrong(offset, field, "is not octal");
            (value, any) = (value * 8 + (digit - '0'), true);
        }
        return any ? value : throw Wrong(offset, field, "is empty");
    }

    private static ProtocolException Wrong(int offset, string field, string reason) => new(UpdateFile.Protocol, offset, field, reason);
}
