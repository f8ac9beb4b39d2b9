"""The addresses of PrivX's auth, role-store and local-user-store services."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from secrets_app.api import auth, local_user_store, role_store
from secrets_app.api.status import StatusView

AUTH = "auth/api/v1"
ROLES = "role-store/api/v1"
USERS = "local-user-store/api/v1"

urlpatterns: list[URLPattern | URLResolver] = [
    path(f"{AUTH}/status", StatusView.as_view(service="auth")),
    path(f"{AUTH}/oauth/token", auth.TokenView.as_view()),
    path(f"{AUTH}/oauth/authorize", auth.AuthorizeView.as_view()),
    path(
        f"{AUTH}/oauth/clientcredentials/privx-external/token",
        auth.ClientCredentialsView.as_view(),
    ),
    path(f"{AUTH}/login", auth.LoginView.as_view()),
    path(f"{AUTH}/token/login", auth.TokenLoginView.as_view()),
    path(f"{AUTH}/logout", auth.LogoutView.as_view()),
    path(f"{AUTH}/sessionstorage/users/<str:user_id>/sessions", auth.UserSessionsView.as_view()),
    path(
        f"{AUTH}/sessionstorage/users/<str:user_id>/sessions/terminate",
        auth.EndUserSessionsView.as_view(),
    ),
    path(
        f"{AUTH}/sessionstorage/sessions/<str:session_id>/terminate",
        auth.EndSessionView.as_view(),
    ),
    path(f"{ROLES}/status", StatusView.as_view(service="role-store")),
    path(f"{ROLES}/roles", role_store.RolesView.as_view()),
    path(f"{ROLES}/roles/resolve", role_store.ResolveRolesView.as_view()),
    path(f"{ROLES}/roles/search", role_store.SearchRolesView.as_view()),
    path(f"{ROLES}/roles/<str:role_id>", role_store.RoleView.as_view()),
    path(f"{ROLES}/roles/<str:role_id>/members", role_store.MembersView.as_view()),
    path(f"{ROLES}/sources", role_store.SourcesView.as_view()),
    path(f"{ROLES}/users/search", role_store.SearchUsersView.as_view()),
    path(f"{ROLES}/users/<str:user_id>", role_store.UserView.as_view()),
    path(f"{ROLES}/users/<str:user_id>/resolve", role_store.UserView.as_view()),
    path(f"{ROLES}/users/<str:user_id>/roles", role_store.UserRolesView.as_view()),
    path(f"{USERS}/status", StatusView.as_view(service="local-user-store")),
    path(f"{USERS}/users", local_user_store.UsersView.as_view()),
    path(f"{USERS}/users/tags", local_user_store.TagsView.as_view()),
    path(f"{USERS}/users/<str:user_id>", local_user_store.UserView.as_view()),
    path(f"{USERS}/users/<str:user_id>/password", local_user_store.PasswordView.as_view()),
    path(f"{USERS}/api-clients", local_user_store.ApiClientsView.as_view()),
    path(f"{USERS}/api-clients/search", local_user_store.SearchApiClientsView.as_view()),
    path(f"{USERS}/api-clients/<str:client_id>", local_user_store.ApiClientView.as_view()),
]
