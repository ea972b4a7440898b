using System.Buffers.Binary;
using System.Text;

namespace EdgeRecorder.MediaWorker;

/// <summary>A comment inside a JPEG (ITU-T T.81, B.2.4.5: COM).</summary>
internal static class JpegComment
{
    private const int LongestBytes = ushort.MaxValue - 2;   // the length counts itself

    /// <summary>The picture with the comment behind its first marker.</summary>
    public static byte[] Insert(byte[] jpeg, string? comment)
    {
        if (string.IsNullOrEmpty(comment))
            return jpeg;
        var text = Encoding.UTF8.GetBytes(comment);
        if (text.Length > LongestBytes)
            text = text[..LongestBytes];
        var result = new byte[jpeg.Length + 4 + text.Length];
        jpeg.AsSpan(0, 2).CopyTo(result);                   // SOI
        (result[2], result[3]) = (0xFF, 0xFE);
        BinaryPrimitives.WriteUInt16BigEndian(result.AsSpan(4), (ushort)(text.Length + 2));
        text.CopyTo(result.AsSpan(6));
        jpeg.AsSpan(2).CopyTo(result.AsSpan(6 + text.Length));
        return result;
    }
}
