using System.Globalization;
using System.Text;

namespace EdgeRecorder.Simulators.GbDevice.Sip;

/// <summary>Finds messages in a TCP stream: header, empty line, as many bytes as Content-Length says (RFC 3261, 18.3).</summary>
internal sealed class SipFramer
{
    private byte[] _bytes = [];

    /// <exception cref="MalformedException">It does not say how long it is.</exception>
    public void Push(ReadOnlySpan<byte> bytes, Action<byte[]> message)
    {
        _bytes = [.. _bytes, .. bytes];
        while (true)
        {
            var begin = 0;
            while (begin + 2 <= _bytes.Length && _bytes.AsSpan(begin, 2).SequenceEqual("\r\n"u8))
                begin += 2;                                    // keep-alive between messages (RFC 5626, 3.5.1)
            var end = _bytes.AsSpan(begin).IndexOf("\r\n\r\n"u8);
            if (end < 0)
            {
                _bytes = _bytes[begin..];
                return;
            }
            var header = Encoding.UTF8.GetString(_bytes.AsSpan(begin, end));
            var line = header.Split("\r\n").FirstOrDefault(l => l.StartsWith("Content-Length:", StringComparison.OrdinalIgnoreCase))
                ?? throw new MalformedException("no Content-Length over TCP");
            var total = end + 4 + int.Parse(line.AsSpan(line.IndexOf(':', StringComparison.Ordinal) + 1), CultureInfo.InvariantCulture);
            if (_bytes.Length - begin < total)
            {
                _bytes = _bytes[begin..];
                return;
            }
            message(_bytes[begin..(begin + total)]);
            _bytes = _bytes[(begin + total)..];
        }
    }
}
