namespace EdgeRecorder.Bytes;

/// <summary>The head of a text message as HTTP, RTSP and SIP have it: lines up to an empty one, ended by CRLF or LF.</summary>
internal static class HeaderBlock
{
    /// <summary>Index behind the empty line; −1 when it is not there yet.</summary>
    public static int EndOf(ReadOnlySpan<byte> message)
    {
        var at = 0;
        while (message[at..].IndexOf((byte)'\n') is >= 0 and var next)
        {
            at += next + 1;
            if (at < message.Length && message[at] == '\n')
                return at + 1;
            if (at + 1 < message.Length && message[at] == '\r' && message[at + 1] == '\n')
                return at + 2;
        }
        return -1;
    }
}
