using EdgeRecorder.Ledger;

namespace EdgeRecorder.Api;

internal static class AuditExtensions
{
    /// <summary>Notes what the request's caller did.</summary>
    public static void Add(this AuditStore audit, HttpContext context, string action, string subject)
        => audit.Add(context.User.Identity?.Name ?? "", context.Connection.RemoteIpAddress?.ToString() ?? "", action, subject);
}
