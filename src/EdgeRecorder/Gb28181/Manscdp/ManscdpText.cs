using System.Text;
using EdgeRecorder.Bytes;

namespace EdgeRecorder.Gb28181.Manscdp;

/// <summary>How the bytes of a body become text. What the XML declaration says decides nothing: devices that declare GB2312 and send UTF-8 are as common as the reverse.</summary>
internal static class ManscdpText
{
    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>UTF-8 where there is a byte order mark or where well-formed UTF-8 has characters beyond ASCII, which text in GB 18030 practically never is; else GB 18030.</summary>
    public static string Decode(ReadOnlySpan<byte> body)
    {
        if (body.StartsWith((ReadOnlySpan<byte>)[0xEF, 0xBB, 0xBF]))
            return Encoding.UTF8.GetString(body[3..]);
        if (Ascii.IsValid(body))
            return Encoding.ASCII.GetString(body);
        return System.Text.Unicode.Utf8.IsValid(body) ? StrictUtf8.GetString(body) : Gb18030.Decode(body);
    }
}
