namespace EdgeRecorder.Simulators.Clips;

/// <summary>A stream that stands still for a while.</summary>
internal sealed class Stall
{
    private double _since = double.NaN;

    /// <param name="until">When it goes on; 0 = it does not stand.</param>
    /// <param name="stood">When it has just gone on: for how long it stood, seconds; otherwise 0.</param>
    public bool IsOn(double now, double until, out double stood)
    {
        stood = 0;
        if (until > now)
        {
            if (double.IsNaN(_since))
                _since = now;
            return true;
        }
        if (!double.IsNaN(_since))
            stood = now - _since;
        _since = double.NaN;
        return false;
    }
}
