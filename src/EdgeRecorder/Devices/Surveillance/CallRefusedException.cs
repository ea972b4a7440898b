using EdgeRecorder.Sip;

namespace EdgeRecorder.Devices.Surveillance;

/// <summary>What an INVITE got instead of a call.</summary>
internal sealed class CallRefusedException(SipMessage final, string channel) : Exception(Text(final, channel))
{
    /// <summary>Nothing came, in all the time a device has for it.</summary>
    public bool IsSilence => final is { IsMadeHere: true, Status: 408 };

    /// <summary>The way to the device is gone.</summary>
    public bool IsUnreachable => final is { IsMadeHere: true, Status: not 408 };

    /// <summary>The description does not please: bad request, unsupported, not acceptable here (GB/T 28181-2022, annex J). Another way of media, or a shorter description, may.</summary>
    public bool IsAboutMedia => !final.IsMadeHere && final.Status is 400 or 415 or 488 or 606;

    /// <summary>It will not change by itself: no such channel, not allowed, nothing that can be sent.</summary>
    public bool IsForGood => IsAboutMedia || !final.IsMadeHere && final.Status is 401 or 403 or 404 or 405 or 407 or 501 or 603 or 604;

    public bool IsForbidden => !final.IsMadeHere && final.Status is 401 or 403 or 407;

    private static string Text(SipMessage final, string channel)
        => final is { IsMadeHere: true, Status: 408 } ? $"the device does not answer the call of {channel}"
            : final.IsMadeHere ? "the way to the device is gone" : $"the device refuses {channel}: {final.Status} {final.Reason}".TrimEnd();
}
