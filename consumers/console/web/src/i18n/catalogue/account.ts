/** Signing in, the first run, passwords. */
export const account = {
  "account.sign_in": ["Sign in", "로그인"],
  "account.sign_in_hint": [
    "Sign in with the name your administrator gave you.",
    "관리자가 알려 준 이름으로 로그인하세요.",
  ],
  "account.name": ["Name", "이름(ID)"],
  "account.password": ["Password", "비밀번호"],
  "account.show_password": ["Show the password", "비밀번호 표시"],
  "account.wait": ["Wait {{seconds}} s before the next try.", "{{seconds}}초 후에 다시 시도하세요."],
  "account.forgot": [
    "Forgotten? An administrator can set a new one, or on the server: linewatch users passwd NAME",
    "비밀번호를 잊으셨나요? 관리자에게 요청하거나 서버에서 linewatch users passwd 이름 을 실행하세요.",
  ],
  "account.first_title": ["Set up linewatch", "linewatch 설정"],
  "account.first_hint": [
    "Nobody uses this console yet. The first person becomes its administrator.",
    "아직 사용자가 없습니다. 첫 사용자가 관리자가 됩니다.",
  ],
  "account.token": ["First-run token", "최초 실행 토큰"],
  "account.token_hint": [
    "linewatch console printed it when it started: it proves that you may reach the server.",
    "linewatch console 시작 시 출력된 값으로, 서버 접근 권한을 확인합니다.",
  ],
  "account.name_hint": [
    "Short, as it will stand in the audit: letters, digits, . _ -",
    "감사 기록에 남을 짧은 이름: 영문, 숫자, . _ -",
  ],
  "account.full_name": ["Full name", "성명"],
  "account.language": ["Language", "언어"],
  "account.password_hint": ["At least 12 characters; a sentence is fine.", "12자 이상. 문장도 좋습니다."],
  "account.password_again": ["Password again", "비밀번호 확인"],
  "account.create": ["Create administrator", "관리자 만들기"],
  "account.differ": ["The two passwords differ.", "두 비밀번호가 다릅니다."],
  "account.too_short": ["{{count}} more characters are needed.", "{{count}}자가 더 필요합니다."],
  "account.change_title": ["Change password", "비밀번호 변경"],
  "account.change_must": [
    "Your password was set by somebody else. Choose one that only you know.",
    "다른 사람이 정한 비밀번호입니다. 본인만 아는 비밀번호로 바꾸세요.",
  ],
  "account.current": ["Current password", "현재 비밀번호"],
  "account.new": ["New password", "새 비밀번호"],
  "account.changed": ["Password changed.", "비밀번호가 변경되었습니다."],
  "account.session_ended": [
    "Your session has ended. Sign in again: what you typed is kept.",
    "세션이 종료되었습니다. 다시 로그인하세요. 입력한 내용은 보관됩니다.",
  ],
} as const satisfies Record<string, readonly [en: string, ko: string]>;
