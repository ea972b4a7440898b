using EdgeRecorder.Media;

namespace EdgeRecorder.Tests.Storage;

/// <summary>A box clock that a test sets.</summary>
internal sealed class TestClock : BoxClock
{
    public long Boottime { get; set; } = 60_000_000;
    public long Utc { get; set; } = 1_790_000_000_000_000;
    public ClockQuality Trust { get; set; } = ClockQuality.Ntp;
    public Guid Boot { get; set; } = new("11111111-2222-3333-4444-555555555555");

    public override long BoottimeUs => Boottime;
    public override long UtcUs => Utc;
    public override ClockQuality Quality => Trust;
    public override Guid BootId => Boot;

    public void Advance(long us)
    {
        Boottime += us;
        Utc += us;
    }

    /// <summary>Power off and on: another boot, its boottime near zero, the wall clock run on.</summary>
    public void Reboot(long offUs = 30_000_000)
    {
        Boot = Guid.NewGuid();
        Utc += offUs;
        Boottime = 5_000_000;
    }
}
