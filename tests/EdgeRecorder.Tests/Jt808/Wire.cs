using EdgeRecorder.Jt1078;
using EdgeRecorder.Jt808;

namespace EdgeRecorder.Tests.Jt808;

/// <summary>One message with what it said copied out of its frame: ref structs cannot be kept.</summary>
internal sealed record Heard(ushort Id, HeaderLayout Layout, bool HasVersionFlag, byte Version, bool IsEncrypted, string Phone, SimNumber Sim, ushort Serial, ushort Total, ushort Index, byte[] Body)
{
    public static Heard Of(byte[] frame)
    {
        Assert.True(FrameSplitter.TryRead(frame, out var escaped, out _));
        return OfEscaped(escaped);
    }

    public static Heard OfEscaped(ReadOnlySpan<byte> escaped)
    {
        var message = TerminalMessage.Parse(Frame.Open(escaped, new byte[Frame.LongestPlain]));
        return new(message.Id, message.Layout, message.HasVersionFlag, message.Version, message.IsEncrypted, Convert.ToHexString(message.Phone), message.Sim, message.Serial,
            message.Total, message.Index, message.Body.ToArray());
    }

    public TerminalHead Head => new(Layout, HasVersionFlag, Version, Convert.FromHexString(Phone));
}

internal static class Wire
{
    /// <summary>A frame made by other means than the code under test: header and body as given, check and escapes added.</summary>
    public static byte[] Frame(string headerAndBody)
    {
        var plain = Convert.FromHexString(headerAndBody.Replace(" ", "", StringComparison.Ordinal)).ToList();
        plain.Add(plain.Aggregate((a, b) => (byte)(a ^ b)));
        return [0x7E, .. plain.SelectMany(b => b switch { 0x7E => (byte[])[0x7D, 2], 0x7D => [0x7D, 1], _ => [b] }), 0x7E];
    }

    /// <summary>Header and body of a frame without its delimiters, again by other means; the check has to be right.</summary>
    public static byte[] Plain(ReadOnlySpan<byte> escaped)
    {
        List<byte> plain = [];
        for (var i = 0; i < escaped.Length; i++)
            plain.Add(escaped[i] == 0x7D ? (byte)(0x7C + escaped[++i]) : escaped[i]);
        Assert.Equal(0, plain.Aggregate((a, b) => (byte)(a ^ b)));
        return [.. plain[..^1]];
    }

    /// <summary>As a connection does: what is incomplete waits for the next piece.</summary>
    public static List<string> FramesOf(IEnumerable<byte[]> pieces)
    {
        List<string> frames = [];
        byte[] waiting = [];
        foreach (var piece in pieces)
        {
            waiting = [.. waiting, .. piece];
            int consumed;
            while (FrameSplitter.TryRead(waiting, out var frame, out consumed))
            {
                frames.Add(Convert.ToHexString(frame));
                waiting = waiting[consumed..];
            }
            waiting = waiting[consumed..];
        }
        return frames;
    }
}
