using EdgeRecorder.Sip;

namespace EdgeRecorder.Devices.Surveillance;

/// <summary>What a device said when it registered, and what it was granted.</summary>
/// <param name="Edition">X-GB-Ver; "2.0" where it does not say.</param>
/// <param name="CallId">Another one is a device that has started anew; some take another every time.</param>
/// <param name="UntilMs">By <see cref="Media.MonotonicTime"/>.</param>
internal sealed record DeviceRegistration(SipFlow Flow, string Edition, string CallId, int GrantedSeconds, long UntilMs);
