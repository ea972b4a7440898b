namespace EdgeRecorder.H26x;

/// <summary>What becomes of a picture that is complete.</summary>
internal enum Decodability : byte
{
    Usable,

    /// <summary>Lost: decoding can only begin at a sync sample.</summary>
    NeedsSync,

    /// <summary>Lost: it refers to what stands before the sync sample at which decoding began. No other refers to it.</summary>
    SkippedLeading,
}

/// <summary>Keeps what a decoder cannot use from going on after a loss: pictures up to the next sync sample, and the leading ones behind it.</summary>
internal sealed class LossGate
{
    private bool _waiting = true;                           // for a sync sample
    private bool _dropLeading;
    private bool _lossBefore;

    /// <summary>A sync sample was let through; before that nothing is missed.</summary>
    public bool HasStarted { get; private set; }

    /// <summary>A picture is lost.</summary>
    /// <param name="continues">No other refers to it.</param>
    /// <returns>Whether it is missed.</returns>
    public bool Lose(bool continues)
    {
        _waiting |= !continues;
        _lossBefore |= HasStarted;
        return HasStarted;
    }

    /// <summary>Something was lost, and pictures may have been among it.</summary>
    public void Doubt() => Lose(continues: false);

    /// <param name="isDescribed">All parameter sets are known.</param>
    public Decodability Look(PictureWriter picture, bool isDescribed)
        => _waiting && !(picture.IsSync && isDescribed) ? Decodability.NeedsSync
            : _dropLeading && picture.IsSkippedLeading ? Decodability.SkippedLeading
            : Decodability.Usable;

    /// <summary>A usable picture goes on.</summary>
    /// <returns>Whether something before it was lost.</returns>
    public bool Pass(PictureWriter picture)
    {
        if (_waiting)
            _dropLeading = true;
        else if (!picture.IsLeading && !picture.IsSync)
            _dropLeading = false;
        var lossBefore = _lossBefore;
        (_waiting, HasStarted, _lossBefore) = (false, true, false);
        return lossBefore;
    }
}
