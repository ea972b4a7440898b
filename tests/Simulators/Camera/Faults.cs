namespace EdgeRecorder.Simulators.Camera;

/// <summary>What is wrong with the camera at the moment. Written by the control port, read by the pacer before each send.</summary>
internal sealed class Faults
{
    /// <summary>Every Nth packet; 0 = none.</summary>
    public volatile int DropEvery, DuplicateEvery, ReorderEvery;

    /// <summary>Bytes per second to each client, answers included; 0 = no limit.</summary>
    public volatile int BytesPerSecond;

    public volatile bool NoSenderReports, Unauthorized, Mute, Alternate, AlternateEveryGop, Other;

    /// <summary>One of <see cref="SessionDescription.Variants"/>, or null for a right one.</summary>
    public volatile string? SdpVariant;

    private double _stalledUntil, _disconnectAfter, _wallClockOffset;

    /// <summary>Media stops until this instant of <see cref="PacerClock.Now"/>.</summary>
    public double StalledUntil { get => Volatile.Read(ref _stalledUntil); set => Volatile.Write(ref _stalledUntil, value); }

    /// <summary>After a stall everything held back is sent at once, as after an outage of the network; otherwise it was never filmed.</summary>
    public volatile bool StallKeepsBacklog;

    /// <summary>Seconds after PLAY; 0 = never.</summary>
    public double DisconnectAfter { get => Volatile.Read(ref _disconnectAfter); set => Volatile.Write(ref _disconnectAfter, value); }

    /// <summary>Seconds by which the sender reports' wall clock is wrong.</summary>
    public double WallClockOffset { get => Volatile.Read(ref _wallClockOffset); set => Volatile.Write(ref _wallClockOffset, value); }

    public bool TouchesPackets => (DropEvery | DuplicateEvery | ReorderEvery) != 0;

    public void Clear()
    {
        DropEvery = DuplicateEvery = ReorderEvery = BytesPerSecond = 0;
        NoSenderReports = Unauthorized = Mute = Alternate = AlternateEveryGop = Other = StallKeepsBacklog = false;
        SdpVariant = null;
        StalledUntil = DisconnectAfter = WallClockOffset = 0;
    }
}
