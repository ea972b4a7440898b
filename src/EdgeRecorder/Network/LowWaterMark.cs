namespace EdgeRecorder.Network;

/// <summary>
/// Chooses SO_RCVLOWAT: how many bytes the kernel gathers before it wakes us. One wake-up costs more than the bytes it brings (DESIGN section 9), so it is
/// what comes in about 200 ms at the measured rate; 1 until that is known and for as long as somebody watches with low latency.
/// </summary>
internal sealed class LowWaterMark
{
    public const int Unset = 1;

    /// <summary>Below it gathering saves nothing; also the granularity.</summary>
    private const int Step = 4096;
    private const long WindowUs = 1_000_000;

    private long _windowStartUs;
    private long _windowBytes;
    private double _bytesPerSecond;

    /// <param name="largest">Bound from the receive buffer: half of it leaves the sender room to go on.</param>
    public LowWaterMark(int largest) => Largest = Math.Max(Step, largest);

    public int Largest { get; }
    public bool LowLatency { get; set; }

    /// <summary>Measured over some seconds; 0 until known.</summary>
    public double BytesPerSecond => _bytesPerSecond;

    /// <summary>The mark to have now.</summary>
    public int Value { get; private set; } = Unset;

    /// <summary>Takes what one wake-up brought.</summary>
    public void Received(int bytes, long nowUs)
    {
        if (_windowStartUs == 0)
            _windowStartUs = nowUs;                         // its first bytes were sent before: not counted
        else
            _windowBytes += bytes;
        var elapsed = nowUs - _windowStartUs;
        if (elapsed < WindowUs)
            return;
        var rate = _windowBytes * 1e6 / elapsed;
        _bytesPerSecond = _bytesPerSecond == 0 ? rate : _bytesPerSecond * 0.7 + rate * 0.3;
        (_windowStartUs, _windowBytes) = (nowUs, 0);
        var wanted = Math.Min(_bytesPerSecond / 5, Largest);
        if (Math.Abs(wanted - Value) > Value / 4.0 || wanted < Step)
            Value = wanted < Step ? Unset : (int)wanted / Step * Step;
    }
}
