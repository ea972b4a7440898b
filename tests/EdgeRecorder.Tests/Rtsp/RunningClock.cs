using System.Diagnostics;
using EdgeRecorder.Media;

namespace EdgeRecorder.Tests.Rtsp;

/// <summary>A box clock that runs.</summary>
internal sealed class RunningClock : BoxClock
{
    public override long BoottimeUs => Stopwatch.GetTimestamp() / (Stopwatch.Frequency / 1_000_000);
    public override long UtcUs => DateTimeOffset.UtcNow.ToUnixTimeMilliseconds() * 1000;
    public override ClockQuality Quality => ClockQuality.Ntp;
    public override Guid BootId { get; } = Guid.NewGuid();
}
