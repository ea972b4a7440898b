namespace EdgeRecorder.Platform.Gpio;

// Types and members as System.Device.Gpio names them, so that it could take over by a change of `using`s.

public enum PinMode
{
    /// <summary>With the bias that firmware or board give it.</summary>
    Input,
    Output,
    InputPullDown,
    InputPullUp,
}

[Flags]
public enum PinEventTypes { None = 0, Rising = 1, Falling = 2 }

/// <summary>High or low; of an active-low line, active or not.</summary>
public readonly struct PinValue : IEquatable<PinValue>
{
    private readonly bool _isHigh;

    private PinValue(bool isHigh) => _isHigh = isHigh;

    public static PinValue High { get; } = new(true);
    public static PinValue Low { get; } = new(false);

    public static implicit operator PinValue(bool value) => new(value);
    public static implicit operator PinValue(int value) => new(value != 0);
    public static explicit operator bool(PinValue value) => value._isHigh;
    public static bool operator ==(PinValue a, PinValue b) => a._isHigh == b._isHigh;
    public static bool operator !=(PinValue a, PinValue b) => a._isHigh != b._isHigh;
    public static PinValue operator !(PinValue value) => new(!value._isHigh);

    public bool Equals(PinValue other) => _isHigh == other._isHigh;
    public override bool Equals(object? obj) => obj is PinValue other && Equals(other);
    public override int GetHashCode() => _isHigh ? 1 : 0;
    public override string ToString() => _isHigh ? "High" : "Low";
}

/// <summary>An edge. On the edge thread: handlers are short.</summary>
public delegate void PinChangeEventHandler(object sender, PinValueChangedEventArgs pinValueChangedEventArgs);

public sealed class PinValueChangedEventArgs(PinEventTypes changeType, int pinNumber) : EventArgs
{
    public PinEventTypes ChangeType => changeType;
    public int PinNumber => pinNumber;

    // Beyond System.Device.Gpio:

    /// <summary>CLOCK_MONOTONIC when the kernel saw the edge; since boot.</summary>
    public TimeSpan Timestamp { get; init; }

    /// <summary>Edges before this one that the kernel had to drop.</summary>
    public uint Lost { get; init; }

    /// <summary>No edge of the kernel's: edges were lost, the line was read, and this is its level now.</summary>
    public bool IsRepair { get; init; }
}

/// <summary>How a line is asked for.</summary>
public sealed record PinSettings
{
    public PinMode Mode { get; init; }

    /// <summary>High means that the line is low.</summary>
    public bool ActiveLow { get; init; }

    /// <summary>Of an output, from its first instant on.</summary>
    public PinValue Initial { get; init; }

    /// <summary>Edges to be told of.</summary>
    public PinEventTypes Edges { get; init; }

    /// <summary>The kernel leaves out what lasts shorter.</summary>
    public TimeSpan Debounce { get; init; }

    /// <summary>Edges that the kernel keeps for us; 0 is its own choice (16).</summary>
    public int EventBuffer { get; init; }

    /// <summary>Who `gpioinfo` says holds the line.</summary>
    public string Consumer { get; init; } = "edge-recorder";
}
