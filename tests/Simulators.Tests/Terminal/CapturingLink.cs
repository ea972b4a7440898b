using EdgeRecorder.Simulators.Terminal.Media;

namespace EdgeRecorder.Tests.Simulators.Terminal;

/// <summary>Keeps what it is given, packet by packet.</summary>
internal sealed class CapturingLink : MediaLink
{
    public List<string> Packets { get; } = [];

    public override bool IsReady => true;
    public override string? Broken => null;
    public override bool IsIdle => true;
    public override string Transport => "test";
    public override long BytesSent => Packets.Sum(p => p.Length / 2);

    public override void Send(MediaTrack track, int firstPacket, int count)
    {
        for (var i = firstPacket; i < firstPacket + count; i++)
            Send(track.Wire.AsSpan(track.Packets[i]..track.Packets[i + 1]));
    }

    public override void Send(ReadOnlySpan<byte> bytes) => Packets.Add(Hex.Of(bytes));

    public override bool Advance(double now) => true;

    public override void Close()
    {
        // Nothing to close.
    }

    public override void Cut()
    {
        // Nothing to cut.
    }
}
